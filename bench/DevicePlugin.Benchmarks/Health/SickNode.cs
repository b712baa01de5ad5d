using System.Text.Json.Nodes;
using DevicePlugin.Benchmarks.Hardware;

namespace DevicePlugin.Benchmarks.Health;

/// <summary>A node of eight GPUs on the native mock, on which something happens while the plugin runs.</summary>
internal sealed class SickNode : IDisposable
{
    public const int Gpus = 8;

    private readonly JsonObject _scenario;
    private int _entries;

    public SickNode(string repository)
    {
        var template = Path.Combine(repository, "hwmocks", "scenarios", "dgx-h100.json");
        _scenario = JsonNode.Parse(File.ReadAllText(template))!.AsObject();
        _scenario["timeline"] = new JsonArray();
        _scenario["calls"] = new JsonArray();
        Write();
        Environment = MockEnvironment.For(Path.Combine(repository, "artifacts", "hwmocks"), Scenario, calls: "");
    }

    /// <summary>For everything that belongs to the node.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("bench").FullName;

    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Nothing of one launch is remembered by the next.</summary>
    public string Configuration =>
        $"""
        state_dir        = "{Path.Combine(Folder, "state")}"
        maintenance_file = "{Path.Combine(Folder, "maintenance")}"
        """;

    private string Scenario => Path.Combine(Folder, "scenario.json");

    public string UuidOf(int gpu) => _scenario["gpus"]![gpu]!["identity"]!["uuid"]!.GetValue<string>();

    /// <summary>The driver sends an event, once to each process that reads the scenario.</summary>
    public void RaiseXid(int gpu, int xid) => Change(scenario => scenario["timeline"]!.AsArray().Add(JsonNode.Parse(
        $$"""{"id": "entry-{{_entries++}}", "at": 0, "gpu": {{gpu}}, "event": {"type": "xid", "data": {{xid}} } }""")));

    public void Hang(int gpu, string function) => Change(scenario => scenario["calls"]!.AsArray().Add(JsonNode.Parse(
        $$"""{"id": "entry-{{_entries++}}", "gpu": {{gpu}}, "function": "{{function}}", "hang": true}""")));

    public void Change(Action<JsonObject> change)
    {
        change(_scenario);
        Write();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private void Write()
    {
        File.WriteAllText($"{Scenario}.new", _scenario.ToJsonString());
        File.Move($"{Scenario}.new", Scenario, overwrite: true);
    }
}

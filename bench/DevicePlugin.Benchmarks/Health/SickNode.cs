using System.Text.Json.Nodes;
using DevicePlugin.Benchmarks.Hardware;

namespace DevicePlugin.Benchmarks.Health;

/// <summary>A node of eight GPUs on the native mock, on which something happens while the plugin runs.</summary>
internal sealed class SickNode : IDisposable
{
    public const int Gpus = 8;

    private readonly string _folder = Directory.CreateTempSubdirectory("bench").FullName;
    private readonly JsonObject _scenario;

    public SickNode(string repository)
    {
        var template = Path.Combine(repository, "hwmocks", "scenarios", "dgx-h100.json");
        _scenario = JsonNode.Parse(File.ReadAllText(template))!.AsObject();
        _scenario["timeline"] = new JsonArray();
        _scenario["calls"] = new JsonArray();
        Write();
        Environment = MockEnvironment.For(Path.Combine(repository, "artifacts", "hwmocks"), Scenario, calls: "");
    }

    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Nothing of one launch is remembered by the next.</summary>
    public string Configuration =>
        $"""
        state_dir        = "{Path.Combine(_folder, "state")}"
        maintenance_file = "{Path.Combine(_folder, "maintenance")}"
        """;

    private string Scenario => Path.Combine(_folder, "scenario.json");

    public string UuidOf(int gpu) => _scenario["gpus"]![gpu]!["identity"]!["uuid"]!.GetValue<string>();

    public void RaiseXid(int gpu, int xid)
    {
        _scenario["timeline"]!.AsArray().Add(JsonNode.Parse(
            $$"""{"id": "xid-{{gpu}}", "at": 0, "gpu": {{gpu}}, "event": {"type": "xid", "data": {{xid}} } }"""));
        Write();
    }

    public void Hang(int gpu, string function)
    {
        _scenario["calls"]!.AsArray().Add(JsonNode.Parse(
            $$"""{"id": "hang-{{gpu}}", "gpu": {{gpu}}, "function": "{{function}}", "hang": true}"""));
        Write();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write()
    {
        File.WriteAllText($"{Scenario}.new", _scenario.ToJsonString());
        File.Move($"{Scenario}.new", Scenario, overwrite: true);
    }
}

using System.Text.Json;
using DevicePlugin.FunctionalTests.Nvml;

namespace DevicePlugin.FunctionalTests.RealData;

/// <summary>What <c>fingerprint --json</c> and <c>stats --json</c> print for a node.</summary>
internal sealed class NodeOutput
{
    private NodeOutput(JsonElement fingerprint, JsonElement statistics)
    {
        Fingerprint = fingerprint;
        var instances = statistics.GetProperty("groups").EnumerateArray()
            .SelectMany(group => group.GetProperty("instances").EnumerateObject())
            .ToDictionary(instance => instance.Name, instance => instance.Value.GetProperty("stats"));
        Gpus = (
            from Group in fingerprint.GetProperty("groups").EnumerateArray()
            from Device in Group.GetProperty("devices").EnumerateArray()
            let uuid = Device.GetProperty("id").GetString()!
            select new ReportedGpu(this, uuid, Group, Device, instances[uuid])).ToDictionary(gpu => gpu.Uuid);
    }

    public JsonElement Fingerprint { get; }

    public IReadOnlyDictionary<string, ReportedGpu> Gpus { get; }

    public int DeviceCount => Gpus.Count;

    public static async Task<NodeOutput> ReadAsync(FakeKind fake, string scenario)
    {
        string[] node = fake == FakeKind.Native
            ? ["--nvml-library", PluginProcess.MockLibrary()]
            : ["--scenario", scenario];
        var mocked = fake == FakeKind.Native ? PluginProcess.BuiltIn(scenario) : null;
        return new NodeOutput(
            await RunAsync(mocked, ["fingerprint", "--json", .. node]),
            await RunAsync(mocked, ["stats", "--json", "--count", "1", .. node]));
    }

    private static async Task<JsonElement> RunAsync(string? mocked, string[] arguments)
    {
        var run = await PluginProcess.RunAsync(mocked, arguments);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        using var document = JsonDocument.Parse(run.Output);
        return document.RootElement.Clone();
    }
}

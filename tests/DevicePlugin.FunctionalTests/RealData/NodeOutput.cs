using System.Text.Json;
using DevicePlugin.Comparison;
using DevicePlugin.FunctionalTests.Nvml;

namespace DevicePlugin.FunctionalTests.RealData;

/// <summary>What <c>fingerprint --json</c> and <c>stats --json</c> print for a node.</summary>
internal static class NodeOutput
{
    public static async Task<NodeReport> ReadAsync(FakeKind fake, string scenario)
    {
        string[] node = fake == FakeKind.Native
            ? ["--nvml-library", PluginProcess.MockLibrary()]
            : ["--scenario", scenario];
        var mocked = fake == FakeKind.Native ? PluginProcess.BuiltIn(scenario) : null;
        return new NodeReport(
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

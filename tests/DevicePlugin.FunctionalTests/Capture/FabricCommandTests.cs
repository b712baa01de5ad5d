using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Capture;

/// <summary>A node without a fabric manager, on the command line: CUDA fails with 802 to every task there.</summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class FabricCommandTests
{
    private static readonly string Scenario = Path.Combine(
        Repository.Root, "tests", "DevicePlugin.FunctionalTests", "Capture", "Fixtures", "fabric-in-progress.json");

    private string _folder = "";

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("fabric").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Doctor_FabricInProgress_WarnsAtOnce()
    {
        var run = await RunAsync("doctor", "--json");

        var check = JsonNode.Parse(run.Output)!["checks"]!.AsArray()
            .Single(check => $"{check!["id"]}" == "gpu-warnings")!;
        Assert.That($"{check["status"]}", Is.EqualTo("warn"));
        Assert.That($"{check["seen"]}", Does.Contain("is in progress").And.Contain("802"));
    }

    [TestCase(1, true)]
    [TestCase(10, false)]
    public async Task Fingerprint_AnEarlierProcessSawItBegin_CountsFromThere(int minutesAgo, bool isHealthy)
    {
        var boot = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id")).Trim();

        // Nothing is older than the machine's uptime, which a machine for tests may have little of.
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "proc")).FullName, "uptime"), "3600.00 1.00\n");
        var random = Directory.CreateDirectory(Path.Combine(_folder, "proc", "sys", "kernel", "random")).FullName;
        await File.WriteAllTextAsync(Path.Combine(random, "boot_id"), boot);
        await File.WriteAllTextAsync(Path.Combine(_folder, "health.json"), new JsonObject
        {
            ["version"] = 1,
            ["memory"] = new JsonObject
            {
                ["causes"] = new JsonArray(),
                ["graces"] = new JsonArray(new JsonObject
                {
                    ["gpu"] = "GPU-00000000-0000-4000-8000-000000000000",
                    ["fault"] = "FabricNotReady",
                    ["since"] = DateTimeOffset.UtcNow.AddMinutes(-minutesAgo),
                    ["load"] = new JsonObject { ["boot_id"] = boot },
                }),
            },
        }.ToJsonString());

        var run = await RunAsync("fingerprint");

        Assert.That(run.Output.Contains("unhealthy", StringComparison.Ordinal), Is.EqualTo(!isHealthy), run.Output + run.Errors);
    }

    private async Task<PluginProcess> RunAsync(params string[] command)
    {
        var config = Path.Combine(_folder, "config.json");
        await File.WriteAllTextAsync(config, new JsonObject
        {
            ["state_dir"] = _folder, ["proc_root"] = Path.Combine(_folder, "proc"),
        }.ToJsonString());
        return await PluginProcess.RunAsync(
            Scenario, [.. command, "--config", config, "--nvml-library", PluginProcess.MockLibrary()]);
    }
}

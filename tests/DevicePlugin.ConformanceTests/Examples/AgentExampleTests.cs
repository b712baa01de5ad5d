using DevicePlugin.ConformanceTests.GoPlugin;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Examples;

/// <summary>The agent configurations go the way of Nomad's: decoded by our schema with HCL's decoder, then set.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AgentExampleTests
{
    [TestCaseSource(typeof(ExampleFiles), nameof(ExampleFiles.Agents))]
    public async Task SetConfig_ExampleOfAnAgent_IsTaken(string name)
    {
        var run = await RunAsync(ExampleFiles.PathOf(name));

        run.AssertEveryStepSucceeded();
        var warnings = run.Logs.Split('\n').Where(line => line.Contains("\"@level\":\"warn\"", StringComparison.Ordinal));
        Assert.That(warnings.Where(line => !line.Contains("no effect", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task SetConfig_KeyThatIsNot_IsRefusedByTheSchema()
    {
        using var file = new TemporaryFile(
            """
            plugin "nomad-device-gpu" {
              config {
                ignored_gpus = []
              }
            }
            """);

        var run = await RunAsync(file.Path);

        Assert.That(run.Step("SetConfig").Succeeded, Is.False);
        Assert.That(run.Step("SetConfig").ErrorMessage, Does.Contain("ignored_gpus"));
    }

    private static Task<GoHostRun> RunAsync(string agent) => GoHost.RunAsync(
        Repository.Executable(), ["-agent", agent], ["Launch", "SetConfig=validate", "SetConfig", "Kill"]);
}

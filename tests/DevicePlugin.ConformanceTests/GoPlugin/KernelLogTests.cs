namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>What the kernel log tells Nomad by way of the executable, over restarts of the plugin.</summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KernelLogTests
{
    private const string Loading = "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  580.105.08";
    private const int Sick = 3;

    [Test]
    public async Task Xid_WhileThePluginWasNotRunning_IsInTheFirstMessage()
    {
        using var node = new MockedNode();

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", "Kill", node.Logs(Xid(node, 79), Xid(node, 13, gpu: 0)),
            "Launch", "SetConfig", "Fingerprint", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.Step("Fingerprint").Described, Is.Empty);
        var (id, text) = run.Step("Fingerprint", 1).Described.Single();
        Assert.That(id, Is.EqualTo(node.Uuid(Sick)));
        Assert.That(text, Does.StartWith("XID 79: GPU has fallen off the bus; reboot the node. Since "));
    }

    [Test]
    public async Task Xid_BeforeTheDriverWasLoaded_IsNothing()
    {
        using var node = new MockedNode();

        var run = await node.RunAsync(
            node.Logs(Loading, Xid(node, 79), Loading), "Launch", "SetConfig", "Fingerprint", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.Step("Fingerprint").Described, Is.Empty);
    }

    [Test]
    public async Task Xid_WithoutAnEvent_IsToldWhileThePluginRuns()
    {
        using var node = new MockedNode();

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Logs(Xid(node, 79)), "Await=XID 79", $"Reserve={node.Uuid(Sick)}", "Kill");

        Assert.That(run.Steps.Where(step => !step.Succeeded).Select(step => step.Name), Is.EqualTo(new[] { "Reserve" }), run.Logs);
        Assert.That(run.Step("Await").Described.Single().Key, Is.EqualTo(node.Uuid(Sick)));
    }

    [Test]
    public async Task Restart_AfterACauseCleared_DoesNotJudgeItsLineAgain()
    {
        // XID 119 clears with the driver's word 30 s after it. The state says what the plugin has judged.
        using var node = new MockedNode();
        var run = await node.RunAsync(
            node.Logs(Xid(node, 119)), "Launch", "SetConfig", "Fingerprint", "Kill", "Remove=" + node.StateFile,
            "Launch", "SetConfig", "Fingerprint", "Kill", "Launch", "SetConfig", "Fingerprint", "Kill");

        run.AssertEveryStepSucceeded();
        var state = File.ReadAllText(node.StateFile);
        Assert.That(state, Does.Contain("\"judged_line\""));
        Assert.That(run.Logs.Split("The kernel log has XID 119"), Has.Length.EqualTo(1 + 2), "once for each state");
    }

    private static string Xid(MockedNode node, int code, int gpu = Sick) =>
        $"NVRM: Xid (PCI:{node.Address(gpu)}): {code}, pid=1234, name=python3, Ch 00000008";
}

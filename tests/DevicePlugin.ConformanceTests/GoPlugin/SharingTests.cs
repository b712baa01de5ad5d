namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>Shared devices under the rules of a host that is built as Nomad is.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SharingTests
{
    private const string Gpu0 = "GPU-00000000-0000-0000-0000-000000000000";
    private const string Gpu1 = "GPU-00000001-0000-0000-0000-000000000001";

    [Test]
    public async Task SharedNode_EveryStep_KeepsNomadsRules()
    {
        var run = await GoHost.RunAsync(
            """
            backend = "fake"
            sharing {
              replicas = 10
              devices  = ["0", "1"]
            }
            """,
            "Launch", "SetConfig", "Fingerprint", "Stats", $"Reserve={Gpu1}::9,{Gpu0}::0,{Gpu1}::0", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.DeviceIds().Count(id => id.Contains("::", StringComparison.Ordinal)), Is.EqualTo(20));
        Assert.That(run.Environment().GetProperty("NVIDIA_VISIBLE_DEVICES").GetString(), Is.EqualTo($"{Gpu1},{Gpu0}"));
    }
}

using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>Single kinds of cause that are reported and withhold nothing.</summary>
internal sealed class ReportOnlyTests : TrackerTests
{
    private static readonly IEnumerable<DeviceFaultKind> Kinds =
        Enum.GetValues<DeviceFaultKind>().Where(kind => kind is not (DeviceFaultKind.Lost or DeviceFaultKind.FabricNotReady));

    [Test]
    public void Fault_OfThisKindAlone_IsOnlyReported([ValueSource(nameof(Kinds))] DeviceFaultKind kind)
    {
        Report(FaultTable.Find(kind).Word);
        foreach (var other in Kinds)
        {
            Observe(Gpu);
            Tracker.Clear(Gpu.Uuid);
            Observe(Faulty(other));

            Assert.That(
                Tracker.Assess(Gpu).State, Is.EqualTo(other == kind ? HealthState.Reported : HealthState.Unhealthy), $"{other}");
        }
    }

    [Test]
    public void SeveralCauses_WhatIsWithheld_IsToldFirst()
    {
        Report("row_remap_pending");
        Observe(Faulty(DeviceFaultKind.RemapPending));
        Assert.That(Tracker.Assess(Gpu).State, Is.EqualTo(HealthState.Reported));
        Time.Advance(TimeSpan.FromMinutes(1));
        Raise(79);

        var health = Tracker.Assess(Gpu);

        Assert.That(health.State, Is.EqualTo(HealthState.Unhealthy));
        Assert.That(health.Description, Is.EqualTo(
            "XID 79: GPU has fallen off the bus; reboot the node. Since 2026-11-23T03:01:00Z. not withheld: row remap or page "
            + "retirement pending: seen; drain the GPU and reset it. Since 2026-11-23T03:00:00Z"));
        Assert.That(health.Labels, Is.EqualTo(new CauseLabel[]
        {
            new("xid", 79), new("row_remap_pending") { IsWithheld = false },
        }));
        Assert.That(Tracker.OccurrencesOf(Gpu)!.Last, Is.EqualTo(Time.GetUtcNow()), "of the cause that is told first");
        Assert.That(Tracker.CausesOf(Gpu.Uuid).Select(cause => cause.IsWithheld), Is.EqualTo(new[] { false, true }));
    }

    [Test]
    public void EveryWord_ALostGpu_StaysUnhealthy()
    {
        Report([.. HealthPolicy.ReportableWords]);

        Observe(Faulty(DeviceFaultKind.Lost));

        Assert.That(Tracker.Assess(Gpu).State, Is.EqualTo(HealthState.Unhealthy));
    }

    [TestCase("unknown_xid", 79, HealthState.Unhealthy)]
    [TestCase("unknown_xid", 900, HealthState.Reported)]
    [TestCase("xid", 79, HealthState.Reported)]
    [TestCase("xid", 900, HealthState.Unhealthy)]
    public void Xid_IsAMatterOfItsOwnWord(string word, long xid, HealthState state)
    {
        Report(word);

        Raise(xid);
        Observe(Gpu with { RecoveryNeeded = true });

        Assert.That(Tracker.Assess(Gpu).State, Is.EqualTo(state));
    }

    [Test]
    public void Xid_ThatIsListedAsCritical_IsWithheld()
    {
        Tracker.Configure(new HealthPolicy { ReportOnly = ["xid", "unknown_xid"], Xids = new XidTable([], [900, 13]) });
        Raise(900);
        Assert.That(Tracker.Assess(Gpu).State, Is.EqualTo(HealthState.Unhealthy));

        Tracker.Configure(new HealthPolicy { ObserveOnly = true, Xids = new XidTable([], [900, 13]) });
        Assert.That(Tracker.Assess(Gpu).State, Is.EqualTo(HealthState.Reported), "a survey withholds nothing");
    }

    [TestCase("flapping", HealthState.Unhealthy, HealthState.Reported)]
    [TestCase("fabric_unhealthy", HealthState.Reported, HealthState.Reported)]
    [TestCase("xid", HealthState.Unhealthy, HealthState.Unhealthy)]
    public void HeldCause_IsAMatterOfItsKindAndOfTheHold(string word, HealthState whileItLasts, HealthState whileItIsHeld)
    {
        Report(word);
        for (var i = 0; i < 3; i++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            Observe(Gpu);
            Observe(Faulty(DeviceFaultKind.FabricUnhealthy));
        }

        Assert.That(Tracker.Assess(Gpu).State, Is.EqualTo(whileItLasts));

        Time.Advance(TimeSpan.FromMinutes(1));
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu).Labels.Single().Word, Is.EqualTo("flapping"));
        Assert.That(Tracker.Assess(Gpu).State, Is.EqualTo(whileItIsHeld));
    }

    [Test]
    public void Instance_WithACauseOfItsOwn_IsReportedAlone()
    {
        Report("xid");
        var instances = ObserveInstances();

        Tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79) { GpuInstanceId = 1, ComputeInstanceId = 0 });

        Assert.That(instances.Select(instance => Tracker.Assess(instance).State), Is.EqualTo(
            new[] { HealthState.Reported, HealthState.Healthy, HealthState.Healthy }));
    }

    [Test]
    public void Exceptions_AreAllNamed()
    {
        var policy = new HealthPolicy { Enabled = false, ObserveOnly = true, ReportOnly = ["xid"], Xids = new XidTable([13], [31]) };

        Assert.That(policy.Exceptions.Select(exception => exception.ToString()), Is.EqualTo(new[]
        {
            "health.enabled: false", "health.observe_only: true", "health.report_only: xid", "health.ignored_xids: 13",
        }));
        Assert.That(HealthPolicy.Default.Exceptions, Is.Empty);
    }

    private void Report(params string[] words) => Tracker.Configure(new HealthPolicy { ReportOnly = [.. words] });
}

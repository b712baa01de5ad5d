using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>What the kernel log tells: XIDs from before the plugin ran, and of GPUs that nothing else names any more.</summary>
internal sealed class KernelLogJudgementTests : TrackerTests
{
    private DateTimeOffset Now => Time.GetUtcNow();

    [Test]
    public void Past_GraveXid_IsACauseSinceItHappened()
    {
        ObservePast(Past(79, secondsAgo: 600));

        var health = Tracker.Assess(Gpu);
        Assert.That(health.Description, Is.EqualTo(
            "XID 79: GPU has fallen off the bus; reboot the node. Since 2026-11-23T02:50:00Z"));
        Assert.That(Tracker.Assess(Other).IsUsable, Is.True);
    }

    [Test]
    public void Past_XidOfATask_IsCountedOnly()
    {
        ObservePast(Past(43, secondsAgo: 600) with { Count = 3 }, Past(13, secondsAgo: 500));

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
        Assert.That(Tracker.XidsOf(Gpu.Uuid).Count, Is.EqualTo(4));
        Assert.That(Tracker.XidsOf(Gpu.Uuid).ByCode, Is.EqualTo(new[] { new XidCount(13, 1), new XidCount(43, 3) }));
        Assert.That(Logs.Named("XidFound").First().Message, Does.Contain("XID 43").And.Contain(", 3 times since 2026-11-23 02:50:00Z"));
    }

    // The enumeration began after the XID, so what it reads speaks for or against the cause at once.
    [TestCase(600, false, true)]
    [TestCase(20, false, false)]
    [TestCase(600, true, false)]
    [TestCase(600, null, false)]
    public void Past_XidThatAsksForAReset_IsJudgedByThisEnumeration(int secondsAgo, bool? recoveryNeeded, bool isUsable)
    {
        ObservePast([Gpu with { RecoveryNeeded = recoveryNeeded }, Other], Past(119, secondsAgo));

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.EqualTo(isUsable));
    }

    [TestCase(-3600)]
    [TestCase(0)]
    [TestCase(3600)]
    public void Past_XidOfAClearedGpu_IsJudgedByItsLineAndNotByTheClock(int clockIsOff)
    {
        Tracker.Restore(HealthMemory.Empty with { Clears = [new RememberedClear(Gpu.Uuid, Position(5))] });

        ObservePast(
            Line(79, 5) with { At = Now.AddSeconds(clockIsOff) }, Line(151, 6) with { At = Now.AddSeconds(clockIsOff) },
            Line(79, 4) with { At = Now, GpuUuid = Other.Uuid });

        Assert.That(Tracker.CausesOf(Gpu.Uuid).Select(cause => cause.Xid), Is.EqualTo(new long?[] { 151 }));
        Assert.That(Tracker.CausesOf(Other.Uuid).Select(cause => cause.Xid), Is.EqualTo(new long?[] { 79 }));
        Assert.That(Tracker.XidsOf(Gpu.Uuid).Count, Is.EqualTo(2), "what was cleared counts");
    }

    [Test]
    public void Clear_OfAnotherBoot_CoversNothing()
    {
        Tracker.Restore(HealthMemory.Empty with
        {
            Clears = [new RememberedClear(Gpu.Uuid, new KernelLogPosition("boot-0", 1000))],
        });

        ObservePast(Past(79, secondsAgo: 600));

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
    }

    [Test]
    public void Past_XidThatCameBack_IsJudgedByItsLastTime()
    {
        ObservePast(Past(119, secondsAgo: 600) with { Count = 2, LastAt = Now.AddSeconds(-5) });
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
        Assert.That(Tracker.Assess(Gpu).Description, Does.EndWith("Since 2026-11-23T02:50:00Z"));

        Time.Advance(TimeSpan.FromSeconds(30));
        Observe(Gpu, Other);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Past_XidWithItsOwnWorkflow_IsDecidedByThisEnumeration(bool recoveryNeeded)
    {
        ObservePast([Gpu with { RecoveryNeeded = recoveryNeeded }, Other], Past(154, secondsAgo: 600));

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.EqualTo(!recoveryNeeded));
    }

    [Test]
    public void Past_OfAMigInstance_IsThatInstancesOnly()
    {
        var instances = ObserveInstances();
        ObservePast([Gpu, .. instances, Other], Past(79, secondsAgo: 5) with { GpuInstanceId = 2 });

        Assert.That(
            instances.Select(instance => Tracker.Assess(instance).IsUsable), Is.EqualTo(new[] { true, false, true }));
    }

    [Test]
    public void Past_OfAGpuThatNobodyLists_IsACauseWhenItReturns()
    {
        var lost = TestGpus.Gpu(2) with { RecoveryNeeded = false };
        ObservePast(Past(79, secondsAgo: 60) with { GpuUuid = lost.Uuid });
        Observe(Gpu, Other);
        Restart();
        Observe(Gpu, Other, lost);

        Assert.That(Tracker.Assess(lost).Cause, Does.StartWith("XID 79"));
    }

    [Test]
    public void Line_OfAGpuThatNobodyLists_CountsThoughEventsOfItWereDropped()
    {
        var lost = TestGpus.Gpu(2);
        Tracker.Record(new GpuEvent(GpuEventKind.Xid, lost.Uuid, 31));
        Observe(Gpu, Other);
        Assert.That(Logs.Named("EventOfUnknownGpu").Count(), Is.EqualTo(1));

        Tracker.Record(Line(79, 7) with { GpuUuid = lost.Uuid });
        Observe(Gpu, Other);
        Observe(Gpu, Other, lost);

        Assert.That(Tracker.Assess(lost).IsUsable, Is.False);
    }

    [Test]
    public void LoadOfTheDriver_AfterAPastXid_ClearsIt()
    {
        ObservePast(Past(79, secondsAgo: 60));
        Observe(new DriverLoad("boot-1", "580.105.08 2"), Gpu, Other);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void JudgedLine_IsTheNewestThatWasTold_AndOutlivesTheProcess()
    {
        Assert.That(Tracker.JudgedLine, Is.Null);
        ObservePast(Past(31, secondsAgo: 60) with { Line = Position(10) });
        Assert.That(Tracker.JudgedLine, Is.EqualTo(Position(10)));

        Tracker.Record(Line(31, 12));
        Tracker.Record(Line(31, 13) with { Kind = GpuEventKind.XidLogged });
        Tracker.Record(new GpuEvent(GpuEventKind.SwitchError, null, 20009) { Line = Position(14) });
        ObservePast(Past(31, secondsAgo: 60) with { Line = Position(11) });
        Restart();
        Assert.That(Tracker.JudgedLine, Is.EqualTo(Position(14)));

        Tracker.Record(Line(31, 3) with { Line = new KernelLogPosition("boot-2", 3) });
        Assert.That(Tracker.JudgedLine, Is.EqualTo(new KernelLogPosition("boot-2", 3)));
    }

    [Test]
    public void LineOfAnEvent_IsNotCountedAgain()
    {
        Raise(31);
        Tracker.Record(Line(31, 12) with { Kind = GpuEventKind.XidLogged });

        Assert.That(Tracker.XidsOf(Gpu.Uuid).Count, Is.EqualTo(1));
        Assert.That(Logs.Named("XidSeen").Count(), Is.EqualTo(1));
    }

    [Test]
    public void SwitchError_IsCountedAndLoggedAndNoCause()
    {
        Tracker.Record(new GpuEvent(GpuEventKind.SwitchError, null, 20009) { Text = "nvidia-nvswitch0: Fatal" });
        ObservePast(new GpuEvent(GpuEventKind.SwitchError, null, 20009) { At = Now, Count = 4, Line = Position(1) });

        Assert.That(Tracker.KernelLog.SwitchErrors.ByCode, Is.EqualTo(new[] { new XidCount(20009, 5) }));
        Assert.That(Logs.Named("SwitchErrorSeen").First().Message, Does.Contain("SXid 20009: nvidia-nvswitch0: Fatal"));
        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));
        Assert.That(Tracker.Assess(Other), Is.EqualTo(DeviceHealth.Healthy));
    }

    [Test]
    public void SwitchErrors_InAFlood_AreFewLines()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Tracker.Record(new GpuEvent(GpuEventKind.SwitchError, null, 20009));
        }

        Assert.That(Tracker.KernelLog.SwitchErrors.Count, Is.EqualTo(10_000));
        Assert.That(Logs.Named("SwitchErrorSeen").Count(), Is.EqualTo(10));
    }

    [Test]
    public void LostLines_AreCountedAndToldWithTheirNumber()
    {
        Tracker.Record(new GpuEvent(GpuEventKind.LogLinesLost, null, 250));

        Assert.That(Tracker.KernelLog.LinesLost, Is.EqualTo(250));
        Assert.That(Logs.Named("KernelLogLinesLost").Single().Message, Does.StartWith("250 lines"));
    }

    private static KernelLogPosition Position(long sequence) => new("boot-1", sequence);

    private static GpuEvent Line(long xid, long sequence) =>
        new(GpuEventKind.Xid, Gpu.Uuid, xid) { Line = Position(sequence) };

    private GpuEvent Past(long xid, int secondsAgo)
    {
        var at = Now.AddSeconds(-secondsAgo);
        return Line(xid, 1) with { At = at, LastAt = at };
    }

    private void ObservePast(params GpuEvent[] past) => ObservePast([Gpu, Other], past);

    private void ObservePast(GpuDevice[] devices, params GpuEvent[] past) =>
        Tracker.Observe(Report(FirstLoad, devices) with { Past = [.. past] }, Tracker.Begin());
}

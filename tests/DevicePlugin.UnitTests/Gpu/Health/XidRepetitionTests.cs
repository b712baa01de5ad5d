using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>Causes that show again while they stand: what clears them counts from the last time.</summary>
internal sealed class XidRepetitionTests : TrackerTests
{
    private static readonly TimeSpan Almost = GpuHealth.Settle - TimeSpan.FromSeconds(1);
    private static readonly DriverLoad SecondLoad = FirstLoad with { Module = "580.105.08 2" };
    private static readonly DriverLoad ThirdLoad = FirstLoad with { Module = "580.105.08 3" };

    [TestCase(119)]
    [TestCase(48)]
    public void Xid_Repeated_ClearsAfterTheLastAndKeepsItsText(long xid)
    {
        Raise(xid);
        var first = Tracker.Assess(Gpu);
        Time.Advance(Almost);
        Raise(xid);

        Time.Advance(TimeSpan.FromSeconds(2));
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(first));
        Assert.That(Tracker.OccurrencesOf(Gpu), Is.EqualTo(
            new CauseOccurrences(2, new DateTimeOffset(2026, 11, 23, 3, 0, 29, TimeSpan.Zero))));

        Time.Advance(GpuHealth.Settle - TimeSpan.FromSeconds(2));
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));
        Assert.That(Tracker.OccurrencesOf(Gpu), Is.Null);
    }

    [Test]
    public void Xid_RepeatedAfterTheRecoveryThatWasAskedFor_StaysForItsOwnTime()
    {
        Raise(119);
        Observe(Gpu with { RecoveryNeeded = true });
        Time.Advance(TimeSpan.FromHours(1));
        Raise(119);

        Time.Advance(Almost);
        Observe(Gpu);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
    }

    [Test]
    public void Xid_RepeatedDuringAnEnumeration_IsNotClearedByIt()
    {
        Raise(119);
        Time.Advance(TimeSpan.FromHours(1));
        var mark = Tracker.Begin();
        Raise(119);

        Tracker.Observe(Report(FirstLoad with { BootId = "boot-2" }, Gpu), mark);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
    }

    [Test]
    public void Xid_OfItsOwnWorkflow_RepeatedWhileItStands_CountsFromTheLast()
    {
        Raise(74);
        Observe(Gpu with { RecoveryNeeded = true });
        Time.Advance(TimeSpan.FromHours(1));
        Raise(74);

        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu).Description, Is.EqualTo(
            "XID 74: NVLink error; follow the recovery action that nvidia-smi shows. Since 2026-11-23T03:00:00Z"));
        Assert.That(Tracker.OccurrencesOf(Gpu)?.Count, Is.EqualTo(2));

        Time.Advance(GpuHealth.Settle);
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_OfItsOwnWorkflow_RepeatedDuringEachEnumeration_IsJudgedAllTheSame()
    {
        Raise(74);
        var mark = Tracker.Begin();
        Raise(74);

        Tracker.Observe(Report(FirstLoad, Gpu with { RecoveryNeeded = true }), mark);

        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith("XID 74"));
    }

    [Test]
    public void Xid_OfItsOwnWorkflow_RepeatedDuringAnEnumerationThatSpeaksAgainstIt_WaitsForTheNext()
    {
        Raise(74);
        var mark = Tracker.Begin();
        Raise(74);
        Tracker.Observe(Report(FirstLoad, Gpu), mark);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);

        Observe(Gpu with { RecoveryNeeded = true });

        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith("XID 74"));
    }

    [Test]
    public void Xid_RepeatedBeforeTheFirstEnumeration_CountsFromTheLast()
    {
        StartOver();
        Raise(119);
        Time.Advance(TimeSpan.FromMinutes(1));
        var mark = Tracker.Begin();
        Raise(119);

        Tracker.Observe(Report(FirstLoad, Gpu), mark);
        Assert.That(Tracker.Assess(Gpu).Description, Does.EndWith("Since 2026-11-23T03:00:00Z"));
        Time.Advance(Almost);
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
        Assert.That(Tracker.OccurrencesOf(Gpu)?.Count, Is.EqualTo(2));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Xid_AfterAReloadThatNoEnumerationSawYet_IsOfTheNewLoad(bool restarted)
    {
        var mute = Gpu with { RecoveryNeeded = null };
        Raise(79);
        if (restarted)
        {
            Restart();
        }

        Time.Advance(GpuHealth.Settle);
        Observe(SecondLoad, mute);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False, "the driver may have been loaded before the XID");

        Observe(ThirdLoad, mute);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_RepeatedAfterAReload_NeedsAnotherOne()
    {
        var mute = Gpu with { RecoveryNeeded = null };
        Raise(79);
        Observe(FirstLoad, mute);
        Raise(79);
        Time.Advance(GpuHealth.Settle);

        Observe(SecondLoad, mute);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);

        Observe(ThirdLoad, mute);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_MachineWentDownBeforeAnEnumerationSawIt_ClearsWithTheBoot()
    {
        Raise(79);
        Restart();
        Time.Advance(GpuHealth.Settle);

        Observe(new DriverLoad("boot-2", "580.105.08 1"), Gpu);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_GpuCannotBeReadAtFirst_ClearsWithTheNextLoad()
    {
        Raise(79);
        Tracker.Observe(Report(FirstLoad, Gpu, Other) with { Unread = [Gpu.Uuid] }, Tracker.Begin());
        Time.Advance(GpuHealth.Settle);

        Observe(SecondLoad, Gpu);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Lost_LastsOverAReload_NeedsAnotherOne()
    {
        var mute = Gpu with { RecoveryNeeded = null };
        Observe(FirstLoad, Faulty(DeviceFaultKind.Lost));
        Observe(SecondLoad, Faulty(DeviceFaultKind.Lost));

        Observe(SecondLoad, mute);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);

        Observe(ThirdLoad, mute);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_RepeatedBeforeARestart_CountsFromTheLast()
    {
        Raise(119);
        Time.Advance(TimeSpan.FromMinutes(1));
        Raise(119);
        var before = (Tracker.Assess(Gpu), Tracker.OccurrencesOf(Gpu));
        Restart();
        Assert.That((Tracker.Assess(Gpu), Tracker.OccurrencesOf(Gpu)), Is.EqualTo(before));

        Time.Advance(Almost);
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);

        Time.Advance(TimeSpan.FromSeconds(1));
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_RepeatedAfterARestart_CountsFromTheLast()
    {
        Raise(119);
        Restart();
        Time.Advance(Almost);
        Raise(119);

        Time.Advance(Almost);
        Observe(Gpu);

        Assert.That(Tracker.Assess(Gpu).Description, Does.EndWith("Since 2026-11-23T03:00:00Z"));
        Assert.That(Tracker.OccurrencesOf(Gpu)?.Count, Is.EqualTo(2));
    }

    [Test]
    public void Xid_OfOneInstance_RepeatedCountsForThatInstanceOnly()
    {
        var instances = ObserveInstances();
        Tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 119, GpuInstanceId: 1));
        Tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 119, GpuInstanceId: 2));
        Time.Advance(Almost);
        Tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 119, GpuInstanceId: 2));

        Time.Advance(Almost);
        Observe(FirstLoad, [Gpu, .. instances]);

        Assert.That(instances.Select(device => Tracker.Assess(device).IsUsable), Is.EqualTo(new[] { true, false, true }));
    }

    [Test]
    public void Xid_OfAnInstanceThatIsOnlyMissingForAMoment_Stays()
    {
        var instances = ObserveInstances();
        Tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 119, GpuInstanceId: 2));
        Observe(FirstLoad, [Gpu, instances[0], instances[2]]);

        Observe(FirstLoad, [Gpu, .. instances]);

        Assert.That(Tracker.Assess(instances[1]).IsUsable, Is.False);
    }

    [TestCase(-3600)]
    [TestCase(3600)]
    public void Xid_ClockIsSet_ClearsAfterTheSameTime(int seconds)
    {
        var clock = new SettableTimeProvider();
        var tracker = new HealthTracker(clock, Logs.CreateLogger(nameof(HealthTracker)));
        tracker.Observe(Report(FirstLoad, Gpu), tracker.Begin());
        tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 119));
        clock.SetClock(seconds);

        clock.Pass(Almost);
        tracker.Observe(Report(FirstLoad, Gpu), tracker.Begin());
        Assert.That(tracker.Assess(Gpu).IsUsable, Is.False);

        clock.Pass(TimeSpan.FromSeconds(1));
        tracker.Observe(Report(FirstLoad, Gpu), tracker.Begin());
        Assert.That(tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_ClockIsSetBackBeforeARestart_ClearsAfterItsTime()
    {
        var clock = new SettableTimeProvider();
        var before = new HealthTracker(clock, Logs.CreateLogger(nameof(HealthTracker)));
        before.Observe(Report(FirstLoad, Gpu), before.Begin());
        before.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 119));
        clock.SetClock(-3600);
        var after = new HealthTracker(clock, Logs.CreateLogger(nameof(HealthTracker)));
        after.Restore(before.Remember());

        clock.Pass(GpuHealth.Settle);
        after.Observe(Report(FirstLoad, Gpu), after.Begin());

        Assert.That(after.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_BeyondTheMostThatAreToldApart_IsNotLost()
    {
        Tracker.Configure(new HealthPolicy { Xids = new XidTable([], Enumerable.Range(200, 21)) });
        for (var xid = 200; xid < 220; xid++)
        {
            Raise(xid);
        }

        Time.Advance(Almost);
        Raise(220);
        Raise(79);
        Time.Advance(TimeSpan.FromSeconds(2));
        Observe(Gpu);
        Assert.That(Tracker.Remember().Causes, Has.Length.EqualTo(2), "one stands in for 220, and 79 has its own way back");

        Time.Advance(GpuHealth.Settle);
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith("XID 79"));
    }

    [Test]
    public void Xid_BeyondTheMostThatWait_IsNotLost()
    {
        StartOver();
        for (var xid = 200; xid < 300; xid++)
        {
            Raise(xid);
        }

        Raise(79);
        Observe(Gpu);

        Assert.That(Tracker.Remember().Causes.Select(cause => cause.Xid), Does.Contain(79));
    }

    [Test]
    public void Xid_OfAGpuThatIsListedAndNotReadYet_IsNotForgotten()
    {
        StartOver();
        Raise(79);
        Tracker.Observe(Report(FirstLoad, Gpu, Other) with { Unread = [Gpu.Uuid] }, Tracker.Begin());

        Observe(Gpu, Other);

        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith("XID 79"));
    }

    [Test]
    public void Xid_OfAGpuThatTheSearchHasNotReached_IsNotForgotten()
    {
        StartOver();
        Raise(79);
        Raise(13);
        Tracker.Observe(Report(FirstLoad, Other) with { IsPartial = true }, Tracker.Begin());

        Observe(Gpu, Other);

        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith("XID 79"));
        Assert.That(Tracker.XidsOf(Gpu.Uuid).Count, Is.EqualTo(2));
        Assert.That(Logs.Named("EventOfUnknownGpu"), Is.Empty);
    }

    [TestCase(null)]
    [TestCase(2)]
    public void Xid_BeforeTheFirstEnumeration_IsKeptOverARestart(int? instance)
    {
        StartOver();
        Tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79, instance));
        Restart();

        ObserveInstances();

        Assert.That(Tracker.Assess(TestGpus.Instance(Gpu, 2)).Description, Does.StartWith("XID 79"));
    }

    [Test]
    public void Xid_OfAGpuThatIsListedLater_IsNotForgotten()
    {
        StartOver();
        Raise(79);
        Observe(Other);

        Observe(Gpu, Other);

        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith("XID 79"));
    }

    [Test]
    public void Xid_WhileHealthIsNotJudged_CountsWhenItIsAgain()
    {
        Tracker.Configure(new HealthPolicy { Enabled = false });
        Raise(79);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);

        Tracker.Configure(HealthPolicy.Default);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
    }

    [Test]
    public void Fault_ReadAgainAndAgain_IsOneOccurrence()
    {
        for (var i = 0; i < 5; i++)
        {
            Observe(Faulty(DeviceFaultKind.RemapPending));
        }

        Assert.That(Tracker.OccurrencesOf(Gpu)?.Count, Is.EqualTo(1));
    }

    [Test]
    public void Fault_ReturnsWhileItIsHeld_IsHeldFromItsReturn()
    {
        foreach (var fault in Enumerable.Repeat(Faulty(DeviceFaultKind.FabricUnhealthy), 3))
        {
            Observe(fault);
            Observe(Gpu);
        }

        Time.Advance(TimeSpan.FromMinutes(9));
        Observe(Faulty(DeviceFaultKind.FabricUnhealthy));
        Time.Advance(TimeSpan.FromMinutes(9));
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
        Assert.That(Tracker.OccurrencesOf(Gpu)?.Count, Is.EqualTo(2));

        Time.Advance(TimeSpan.FromMinutes(1));
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Record_Repetition_AsksForAnEnumerationUnlessItIsOneOfAFlood()
    {
        Raise(119);
        Assert.That(Raise(119), Is.False);

        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(Raise(119), Is.True);
    }
}

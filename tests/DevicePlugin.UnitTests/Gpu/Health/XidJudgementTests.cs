using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>What XIDs do to the health of their GPU.</summary>
internal sealed class XidJudgementTests : TrackerTests
{
    [TestCase(13)]
    [TestCase(31)]
    [TestCase(43)]
    [TestCase(45)]
    [TestCase(63)]
    [TestCase(94)]
    public void Xid_OfATask_IsCountedOnly(long xid)
    {
        Assert.That(Raise(xid), Is.False);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
        Assert.That(Tracker.XidsOf(Gpu.Uuid).ByCode, Does.Contain(new XidCount(xid, 1)));
        Assert.That(Logs.Named("XidSeen").Count(), Is.EqualTo(1));
    }

    [TestCase(48)]
    [TestCase(64)]
    [TestCase(79)]
    [TestCase(95)]
    [TestCase(119)]
    [TestCase(120)]
    [TestCase(151)]
    public void Xid_ThatIsGrave_IsUnfitAtOnceAndOnThatGpuOnly(long xid)
    {
        Assert.That(Raise(xid), Is.True);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
        Assert.That(Tracker.Assess(Other).IsUsable, Is.True);
    }

    // 109 stands in the catalog with a reset, 54 without a resolution, 168 and 700 not at all.
    [TestCase(54)]
    [TestCase(109)]
    [TestCase(168)]
    [TestCase(700)]
    public void Xid_ThatDependsOnTheDriver_IsUnfitWhileARecoveryIsAskedFor(long xid)
    {
        Raise(xid);
        Observe(Gpu with { RecoveryNeeded = null });
        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy), "the driver does not know the field");

        Raise(xid);
        Observe(Gpu with { RecoveryNeeded = true });
        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith($"XID {xid}"));

        Time.Advance(GpuHealth.Settle);
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));
        Assert.That(Tracker.XidsOf(Gpu.Uuid).ByCode, Does.Contain(new XidCount(xid, 2)));
        Assert.That(Logs.Named("XidSeen").Count(), Is.EqualTo(2));
    }

    [Test]
    public void Xid_Description_SaysWhatAndSinceWhenAndWhatToDo()
    {
        Raise(79);

        Assert.That(Tracker.Assess(Gpu).Description, Is.EqualTo(
            "XID 79: GPU has fallen off the bus; reboot the node. Since 2026-11-23T03:00:00Z"));
    }

    [Test]
    public void Xid_OfAReset_ClearsWhenTheDriverNoLongerAsksForOne()
    {
        Raise(119);
        Time.Advance(GpuHealth.Settle);
        Observe(FirstLoad, Gpu with { RecoveryNeeded = true });
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);

        Observe(FirstLoad, Gpu);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_OfAReset_DriverNeverAsksForOne_ClearsAfterItHadTimeTo()
    {
        Raise(119);
        Time.Advance(GpuHealth.Settle - TimeSpan.FromSeconds(1));
        Observe(FirstLoad, Gpu);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);

        Time.Advance(TimeSpan.FromSeconds(1));
        Observe(FirstLoad, Gpu);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_OfAReset_RemapStillPending_Stays()
    {
        Raise(64);
        Time.Advance(TimeSpan.FromHours(1));

        Observe(FirstLoad, Faulty(DeviceFaultKind.RemapPending));

        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith("XID 64"));
    }

    [TestCase(119)]
    [TestCase(79)]
    [TestCase(151)]
    public void Xid_DriverDoesNotKnowField230_ClearsWithANewLoadOfTheDriver(long xid)
    {
        var mute = Gpu with { RecoveryNeeded = null };
        Raise(xid);
        Time.Advance(TimeSpan.FromDays(1));
        Observe(FirstLoad, mute);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);

        var reloaded = FirstLoad with { Module = "580.105.08 2" };
        Observe(reloaded, mute with { Fault = new DeviceFault(DeviceFaultKind.CallFailed, "nvmlDeviceGetName answered UNKNOWN") });
        Assert.That(Tracker.Assess(Gpu).Description, Does.Contain($"XID {xid}"), "no probe has passed");
        Observe(reloaded, mute);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [TestCase(119)]
    [TestCase(79)]
    public void Xid_MachineBooted_Clears(long xid)
    {
        Raise(xid);
        Time.Advance(GpuHealth.Settle);

        Observe(FirstLoad with { BootId = "boot-2" }, Gpu);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_OfARestart_TheDriversWordIsNotEnough()
    {
        Raise(79);
        Time.Advance(TimeSpan.FromDays(1));

        Observe(FirstLoad, Gpu);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
    }

    [TestCase(74)]
    [TestCase(144)]
    [TestCase(150)]
    [TestCase(154)]
    [TestCase(159)]
    public void Xid_OfItsOwnWorkflow_RecoveryActionIsNone_IsCountedOnly(long xid)
    {
        Assert.That(Raise(xid), Is.True, "an enumeration has to tell");
        Observe(FirstLoad, Gpu);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [TestCase(true, null)]
    [TestCase(false, DeviceFaultKind.FabricUnhealthy)]
    public void Xid_OfItsOwnWorkflow_RecoveryNeededOrALinkDown_IsUnfitForAsLong(bool needed, DeviceFaultKind? link)
    {
        Raise(74);
        Observe(FirstLoad, Gpu with
        {
            RecoveryNeeded = needed,
            Fault = link is { } kind ? new DeviceFault(kind, "link 3 is down") : null,
        });
        Assert.That(Tracker.Assess(Gpu).Description, Does.Contain("XID 74: NVLink error"));
        Time.Advance(GpuHealth.Settle);

        Observe(FirstLoad, Gpu);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_DuringAnEnumeration_IsNotJudgedByIt()
    {
        Time.Advance(TimeSpan.FromDays(1));
        var mark = Tracker.Begin();
        Raise(74);
        Raise(119);

        Tracker.Observe(Report(FirstLoad with { BootId = "boot-2" }, Gpu with { RecoveryNeeded = true }), mark);
        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith("XID 119").And.Not.Contain("XID 74"));

        Observe(FirstLoad, Gpu with { RecoveryNeeded = true });
        Assert.That(Tracker.Assess(Gpu).Description, Does.Contain("XID 74"));
    }

    [Test]
    public void Xid_BeforeTheFirstEnumeration_IsNotLost()
    {
        var tracker = NewTracker();
        var mark = tracker.Begin();
        tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79));

        tracker.Observe(Report(FirstLoad, Gpu), mark);

        Assert.That(tracker.Assess(Gpu).Description, Does.StartWith("XID 79"));
    }

    [Test]
    public void Xid_OfOneInstance_TouchesThatInstanceOnly()
    {
        var instances = ObserveInstances();

        Tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 119, GpuInstanceId: 2, ComputeInstanceId: 0));

        Assert.That(instances.Select(device => Tracker.Assess(device).IsUsable), Is.EqualTo(new[] { true, false, true }));
        Assert.That(Tracker.Assess(Other).IsUsable, Is.True);
    }

    [Test]
    public void Xid_OfTheWholeGpu_TouchesEveryInstance()
    {
        var instances = ObserveInstances();

        Raise(119);

        Assert.That(instances.Select(device => Tracker.Assess(device).IsUsable), Has.All.False);
        Assert.That(Tracker.Assess(Other).IsUsable, Is.True);
    }

    [Test]
    public void Xid_OfAnInstanceThatWasRemoved_GoesWithIt()
    {
        var instances = ObserveInstances();
        Tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79, GpuInstanceId: 2));
        Time.Advance(GpuHealth.Settle);
        Observe(FirstLoad, [Gpu, instances[0], instances[2]]);

        Observe(FirstLoad, [Gpu, .. instances]);

        Assert.That(Tracker.Assess(instances[1]).IsUsable, Is.True, "it is another one under the same number");
    }

    [Test]
    public void Xid_OfAnInstance_OutlastsAReportOfAGpuThatDoesNotAnswer()
    {
        var instances = ObserveInstances();
        Tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79, GpuInstanceId: 2));
        Time.Advance(GpuHealth.Settle);

        Observe(Faulty(DeviceFaultKind.Lost) with { RecoveryNeeded = null }, Other);

        Assert.That(
            Tracker.Assess(instances[1]).Labels, Is.EquivalentTo(new CauseLabel[] { new("xid", 79), new("gpu_lost") }),
            "a GPU that does not answer shows none of its instances, and they still exist");
    }

    [Test]
    public void Xid_OfAnInstanceThatIsNotThere_TouchesNone()
    {
        var instances = ObserveInstances();
        Assert.That(Tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 119, GpuInstanceId: 9)), Is.True);

        Observe(FirstLoad, [Gpu, .. instances]);

        Assert.That(instances.Select(device => Tracker.Assess(device).IsUsable), Has.All.True);
    }

    [Test]
    public void Xid_Impossible_IsCountedAndNotJudged()
    {
        foreach (var xid in new[] { 0, -5, 4711, long.MaxValue })
        {
            Assert.That(Raise(xid), Is.False);
        }

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
        Assert.That(Tracker.XidsOf(Gpu.Uuid).Count, Is.EqualTo(4));
        Assert.That(Logs.Named("XidImpossible").Count(), Is.EqualTo(4));
    }

    [Test]
    public void Xids_Flood_IsBoundedAndLosesNoCause()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Raise(i % 7 == 0 ? i : 13);
        }

        Raise(79);
        Tracker.Record(new GpuEvent(GpuEventKind.Xid, Other.Uuid, 79));

        Assert.That(Tracker.XidsOf(Gpu.Uuid).Count, Is.EqualTo(10_001));
        Assert.That(Tracker.XidsOf(Gpu.Uuid).ByCode, Has.Length.LessThanOrEqualTo(64));
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
        Assert.That(Tracker.Assess(Gpu).Description, Has.Length.LessThan(600));
        Assert.That(Tracker.Assess(Other).Description, Does.StartWith("XID 79"));
        Assert.That(Logs.Entries, Has.Count.LessThanOrEqualTo(20));

        Time.Advance(TimeSpan.FromMinutes(1));
        Raise(13);
        Assert.That(Logs.Named("XidsNotLogged").Count(), Is.EqualTo(1), "the rest is told as a count");
    }

    [Test]
    public void Events_OfUnknownGpus_AreLoggedOnceEach()
    {
        for (var i = 0; i < 1000; i++)
        {
            Tracker.Record(new GpuEvent(GpuEventKind.Xid, "GPU-nobody", 79));
            Tracker.Record(new GpuEvent(GpuEventKind.Xid, null, 79));
            Observe(Gpu, Other);
        }

        Assert.That(Logs.Named("EventOfUnknownGpu").Count(), Is.EqualTo(2));
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Event_OfAGpuThatIsPluggedInLater_DoesNotKeepItOut()
    {
        var late = TestGpus.Gpu(5);
        Tracker.Record(new GpuEvent(GpuEventKind.Xid, late.Uuid, 13));
        Observe(Gpu, Other);

        Observe(Gpu, Other, late with { Fault = new DeviceFault(DeviceFaultKind.RemapFailed, "field 395") });

        Assert.That(Tracker.Assess(late).IsUsable, Is.False);
    }

    [Test]
    public void Configure_XidIsIgnoredFromNowOn_IsForgiven()
    {
        Raise(79);

        Tracker.Configure(new HealthPolicy { Xids = new XidTable([79], []) });

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
        Raise(79);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Configure_XidOfATaskIsCritical_IsUnfit()
    {
        Tracker.Configure(new HealthPolicy { Xids = new XidTable([], [31, 4711]) });

        Raise(31);
        Tracker.Record(new GpuEvent(GpuEventKind.Xid, Other.Uuid, 4711));

        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith("XID 31: memory page fault; drain the GPU and reset it"));
        Assert.That(Tracker.Assess(Other).IsUsable, Is.False);
    }
}

using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Health;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HealthTrackerTests
{
    private static readonly DateTimeOffset Onset = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);
    private static readonly DriverLoad FirstLoad = new("boot-1", "580.105.08 1");
    private static readonly GpuDevice Gpu = TestGpus.Gpu(0) with { RecoveryNeeded = false };
    private static readonly GpuDevice Other = TestGpus.Gpu(1) with { RecoveryNeeded = false };

    private readonly FakeTimeProvider _time = new(Onset);
    private readonly TestLogs _logs = new();
    private HealthTracker _tracker = null!;

    [SetUp]
    public void SetUp()
    {
        _tracker = new HealthTracker(_time, _logs.CreateLogger(nameof(HealthTracker)));
        Observe(FirstLoad, Gpu, Other);
    }

    [TearDown]
    public void TearDown() => _logs.Dispose();

    [Test]
    public void Assess_NoFault_IsHealthy() => Assert.That(_tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));

    [Test]
    public void Fault_EvidenceVaries_KeepsTheTextOfItsOnset()
    {
        Observe(Faulty(DeviceFaultKind.UncorrectableEcc, "1 error"));
        var first = _tracker.Assess(Gpu);
        _time.Advance(TimeSpan.FromMinutes(5));

        Observe(Faulty(DeviceFaultKind.UncorrectableEcc, "7 errors"));

        Assert.That(_tracker.Assess(Gpu), Is.EqualTo(first));
        Assert.That(first.Description, Is.EqualTo(
            "uncorrectable ECC errors: 1 error; drain the GPU and reset it. Since 2026-11-23T03:00:00Z"));
    }

    [TestCaseSource(nameof(FaultKinds))]
    public void Fault_OfEachKind_IsUnfitUntilItsReadingIsGood(DeviceFaultKind kind)
    {
        Observe(Faulty(kind));
        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.False);
        Assert.That(_tracker.Assess(Other).IsUsable, Is.True, "another GPU");
        Assert.That(_tracker.Assess(Gpu).Advice, Is.Not.Empty);

        Observe(Gpu, Other);

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Faults_SeveralAtOnce_AreAllToldAndClearOneByOne()
    {
        Observe(Gpu with
        {
            Faults = [new(DeviceFaultKind.RemapPending, "field 394"), new(DeviceFaultKind.FabricUnhealthy, "link 3")],
        });
        Assert.That(_tracker.Assess(Gpu).Description, Does.Contain("field 394").And.Contain("link 3"));

        Observe(Faulty(DeviceFaultKind.FabricUnhealthy, "link 3"));

        Assert.That(_tracker.Assess(Gpu).Description, Does.Not.Contain("field 394").And.Contain("link 3"));
    }

    [Test]
    public void Fault_BehindAGpuThatDoesNotAnswer_StaysUntilItCanBeRead()
    {
        Observe(Faulty(DeviceFaultKind.RemapFailed));

        Observe(Faulty(DeviceFaultKind.Unresponsive));
        Assert.That(_tracker.Assess(Gpu).Description, Does.Contain("row remap failed").And.Contain("does not answer"));

        Observe(Gpu);
        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Lost_AnswersAgain_NeedsTheDriversWordOrANewLoad()
    {
        var mute = Gpu with { RecoveryNeeded = null };
        Observe(Faulty(DeviceFaultKind.Lost) with { RecoveryNeeded = null });

        Observe(FirstLoad, mute);
        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.False, "nothing vouches for it");

        Observe(FirstLoad with { Module = "580.105.08 2" }, mute);
        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [TestCase(13)]
    [TestCase(31)]
    [TestCase(43)]
    [TestCase(45)]
    [TestCase(63)]
    [TestCase(94)]
    [TestCase(109)]
    public void Xid_OfATask_IsCountedOnly(long xid)
    {
        Assert.That(Raise(xid), Is.False);

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
        Assert.That(_tracker.XidsOf(Gpu.Uuid).ByCode, Does.ContainKey(xid).WithValue(1L));
        Assert.That(_logs.Named("XidSeen").Count(), Is.EqualTo(1));
    }

    [TestCase(48)]
    [TestCase(64)]
    [TestCase(79)]
    [TestCase(95)]
    [TestCase(119)]
    [TestCase(120)]
    [TestCase(151)]
    [TestCase(168)]
    [TestCase(700)]
    public void Xid_ThatIsGrave_IsUnfitAtOnceAndOnThatGpuOnly(long xid)
    {
        Assert.That(Raise(xid), Is.True);

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.False);
        Assert.That(_tracker.Assess(Other).IsUsable, Is.True);
    }

    [Test]
    public void Xid_Description_SaysWhatAndSinceWhenAndWhatToDo()
    {
        Raise(79);

        Assert.That(_tracker.Assess(Gpu).Description, Is.EqualTo(
            "XID 79: GPU has fallen off the bus; reboot the node. Since 2026-11-23T03:00:00Z"));
    }

    [Test]
    public void Xid_OfAReset_ClearsWhenTheDriverNoLongerAsksForOne()
    {
        Raise(119);
        Observe(FirstLoad, Gpu with { RecoveryNeeded = true });
        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.False);

        Observe(FirstLoad, Gpu);

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_OfAReset_DriverNeverAsksForOne_ClearsAfterItHadTimeTo()
    {
        Raise(119);
        _time.Advance(GpuHealth.Settle - TimeSpan.FromSeconds(1));
        Observe(FirstLoad, Gpu);
        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.False);

        _time.Advance(TimeSpan.FromSeconds(1));
        Observe(FirstLoad, Gpu);

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_OfAReset_RemapStillPending_Stays()
    {
        Raise(64);
        _time.Advance(TimeSpan.FromHours(1));

        Observe(FirstLoad, Faulty(DeviceFaultKind.RemapPending));

        Assert.That(_tracker.Assess(Gpu).Description, Does.StartWith("XID 64"));
    }

    [TestCase(119)]
    [TestCase(700)]
    [TestCase(79)]
    [TestCase(151)]
    public void Xid_DriverDoesNotKnowField230_ClearsWithANewLoadOfTheDriver(long xid)
    {
        var mute = Gpu with { RecoveryNeeded = null };
        Raise(xid);
        _time.Advance(TimeSpan.FromDays(1));
        Observe(FirstLoad, mute);
        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.False);

        var anew = FirstLoad with { Module = "580.105.08 2" };
        Observe(anew, mute with { Fault = new DeviceFault(DeviceFaultKind.CallFailed, "nvmlDeviceGetName answered UNKNOWN") });
        Assert.That(_tracker.Assess(Gpu).Description, Does.Contain($"XID {xid}"), "no probe has passed");
        Observe(anew, mute);

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [TestCase(119)]
    [TestCase(79)]
    public void Xid_MachineBooted_Clears(long xid)
    {
        Raise(xid);

        Observe(FirstLoad with { BootId = "boot-2" }, Gpu);

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_OfARestart_TheDriversWordIsNotEnough()
    {
        Raise(79);
        _time.Advance(TimeSpan.FromDays(1));

        Observe(FirstLoad, Gpu);

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.False);
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

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [TestCase(true, null)]
    [TestCase(false, DeviceFaultKind.FabricUnhealthy)]
    public void Xid_OfItsOwnWorkflow_RecoveryNeededOrALinkDown_IsUnfitForAsLong(bool needed, DeviceFaultKind? link)
    {
        Raise(74);
        Observe(FirstLoad, Gpu with
        {
            RecoveryNeeded = needed, Fault = link is { } kind ? new DeviceFault(kind, "link 3 is down") : null,
        });
        Assert.That(_tracker.Assess(Gpu).Description, Does.Contain("XID 74: NVLink error"));

        Observe(FirstLoad, Gpu);

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Xid_DuringAnEnumeration_IsNotJudgedByIt()
    {
        _time.Advance(TimeSpan.FromDays(1));
        var mark = _tracker.Begin();
        Raise(74);
        Raise(119);

        _tracker.Observe(Report(FirstLoad with { BootId = "boot-2" }, Gpu with { RecoveryNeeded = true }), mark);
        Assert.That(_tracker.Assess(Gpu).Description, Does.StartWith("XID 119").And.Not.Contain("XID 74"));

        Observe(FirstLoad, Gpu with { RecoveryNeeded = true });
        Assert.That(_tracker.Assess(Gpu).Description, Does.Contain("XID 74"));
    }

    [Test]
    public void Xid_BeforeTheFirstEnumeration_IsNotLost()
    {
        var tracker = new HealthTracker(_time, _logs.CreateLogger(nameof(HealthTracker)));
        var mark = tracker.Begin();
        tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79));

        tracker.Observe(Report(FirstLoad, Gpu), mark);

        Assert.That(tracker.Assess(Gpu).Description, Does.StartWith("XID 79"));
    }

    [Test]
    public void Xid_OfOneInstance_TouchesThatInstanceOnly()
    {
        var instances = ObserveInstances();

        _tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 119, GpuInstanceId: 2, ComputeInstanceId: 0));

        Assert.That(instances.Select(device => _tracker.Assess(device).IsUsable), Is.EqualTo(new[] { true, false, true }));
        Assert.That(_tracker.Assess(Other).IsUsable, Is.True);
    }

    [Test]
    public void Xid_OfTheWholeGpu_TouchesEveryInstance()
    {
        var instances = ObserveInstances();

        Raise(119);

        Assert.That(instances.Select(device => _tracker.Assess(device).IsUsable), Has.All.False);
        Assert.That(_tracker.Assess(Other).IsUsable, Is.True);
    }

    [Test]
    public void Xid_OfAnInstanceThatWasRemoved_GoesWithIt()
    {
        var instances = ObserveInstances();
        _tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79, GpuInstanceId: 2));
        Observe(FirstLoad, [Gpu, instances[0], instances[2]]);

        Observe(FirstLoad, [Gpu, .. instances]);

        Assert.That(_tracker.Assess(instances[1]).IsUsable, Is.True, "it is another one under the same number");
    }

    [Test]
    public void Xid_OfAnInstanceThatIsNotThere_TouchesNone()
    {
        var instances = ObserveInstances();
        Assert.That(_tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 119, GpuInstanceId: 9)), Is.True);

        Observe(FirstLoad, [Gpu, .. instances]);

        Assert.That(instances.Select(device => _tracker.Assess(device).IsUsable), Has.All.True);
    }

    [Test]
    public void Cause_ReturnsTwiceWithinTenMinutes_IsHeldForAGrowingTime()
    {
        var holds = new List<double>();
        for (var round = 0; round < 7; round++)
        {
            Observe(Faulty(DeviceFaultKind.FabricUnhealthy));
            var began = _time.GetUtcNow();
            do
            {
                _time.Advance(TimeSpan.FromMinutes(1));
                Observe(Gpu);
            }
            while (!_tracker.Assess(Gpu).IsUsable);
            holds.Add((_time.GetUtcNow() - began).TotalMinutes);
        }

        Assert.That(holds, Is.EqualTo(new double[] { 1, 1, 10, 20, 40, 60, 60 }));
    }

    [Test]
    public void Cause_ReturnsAfterAQuietTime_IsNotHeld()
    {
        for (var round = 0; round < 5; round++)
        {
            Observe(Faulty(DeviceFaultKind.FabricUnhealthy));
            Observe(Gpu);
            Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
            _time.Advance(TimeSpan.FromMinutes(6));
        }
    }

    [Test]
    public void Xid_Impossible_IsCountedAndNotJudged()
    {
        foreach (var xid in new[] { 0, -5, 4711, long.MaxValue })
        {
            Assert.That(Raise(xid), Is.False);
        }

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
        Assert.That(_tracker.XidsOf(Gpu.Uuid).Count, Is.EqualTo(4));
        Assert.That(_logs.Named("XidImpossible").Count(), Is.EqualTo(4));
    }

    [Test]
    public void Xids_Flood_IsBoundedAndLosesNoCause()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Raise(i % 7 == 0 ? i : 13);
        }

        Raise(79);
        _tracker.Record(new GpuEvent(GpuEventKind.Xid, Other.Uuid, 79));

        Assert.That(_tracker.XidsOf(Gpu.Uuid).Count, Is.EqualTo(10_001));
        Assert.That(_tracker.XidsOf(Gpu.Uuid).ByCode, Has.Count.LessThanOrEqualTo(64));
        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.False);
        Assert.That(_tracker.Assess(Gpu).Description, Has.Length.LessThan(600));
        Assert.That(_tracker.Assess(Other).Description, Does.StartWith("XID 79"));
        Assert.That(_logs.Entries, Has.Count.LessThanOrEqualTo(20));

        _time.Advance(TimeSpan.FromMinutes(1));
        Raise(13);
        Assert.That(_logs.Named("XidsNotLogged").Count(), Is.EqualTo(1), "the rest is told as a count");
    }

    [Test]
    public void Events_OfUnknownGpus_AreLoggedOnceEach()
    {
        for (var i = 0; i < 1000; i++)
        {
            _tracker.Record(new GpuEvent(GpuEventKind.Xid, "GPU-nobody", 79));
            _tracker.Record(new GpuEvent(GpuEventKind.Xid, null, 79));
            Observe(Gpu, Other);
        }

        Assert.That(_logs.Named("EventOfUnknownGpu").Count(), Is.EqualTo(2));
        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Event_OfAGpuThatIsPluggedInLater_DoesNotKeepItOut()
    {
        var late = TestGpus.Gpu(5);
        _tracker.Record(new GpuEvent(GpuEventKind.Xid, late.Uuid, 13));
        Observe(Gpu, Other);

        Observe(Gpu, Other, late with { Fault = new DeviceFault(DeviceFaultKind.RemapFailed, "field 395") });

        Assert.That(_tracker.Assess(late).IsUsable, Is.False);
    }

    [Test]
    public void Configure_XidIsIgnoredFromNowOn_IsForgiven()
    {
        Raise(79);

        _tracker.Configure(new HealthPolicy { Xids = new XidTable([79], []) });

        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
        Raise(79);
        Assert.That(_tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Configure_XidOfATaskIsCritical_IsUnfit()
    {
        _tracker.Configure(new HealthPolicy { Xids = new XidTable([], [31, 4711]) });

        Raise(31);
        _tracker.Record(new GpuEvent(GpuEventKind.Xid, Other.Uuid, 4711));

        Assert.That(_tracker.Assess(Gpu).Description, Does.StartWith("XID 31: memory page fault; drain the GPU and reset it"));
        Assert.That(_tracker.Assess(Other).IsUsable, Is.False);
    }

    [Test]
    public void Configure_Disabled_JudgesNothingAndStillCounts()
    {
        _tracker.Configure(new HealthPolicy { Enabled = false });

        Raise(79);
        Observe(Faulty(DeviceFaultKind.Lost));

        Assert.That(_tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));
        Assert.That(_tracker.XidsOf(Gpu.Uuid).Count, Is.EqualTo(1));
    }

    [Test]
    public void SetMonitored_False_IsShownAndNotUnhealthy()
    {
        _tracker.SetMonitored(false);
        Raise(79);

        var other = _tracker.Assess(Other);
        Assert.That(other.State, Is.EqualTo(HealthState.Unmonitored));
        Assert.That(other.IsUsable, Is.True);
        Assert.That(other.Description, Does.StartWith("unmonitored").And.Contain("Since 2026-11-23T03:00:00Z"));
        Assert.That(_tracker.Assess(Gpu).State, Is.EqualTo(HealthState.Unhealthy));

        _tracker.SetMonitored(true);
        Assert.That(_tracker.Assess(Other), Is.EqualTo(DeviceHealth.Healthy));
    }

    private static DeviceFaultKind[] FaultKinds() => Enum.GetValues<DeviceFaultKind>();

    private static NodeReport Report(DriverLoad? load, params GpuDevice[] devices) =>
        TestGpus.Report(devices) with { Load = load };

    private static GpuDevice Faulty(DeviceFaultKind kind, string evidence = "seen") =>
        Gpu with { Fault = new DeviceFault(kind, evidence) };

    private bool Raise(long xid) => _tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, xid));

    private GpuDevice[] ObserveInstances()
    {
        GpuDevice[] instances = [.. Enumerable.Range(1, 3).Select(n => TestGpus.Instance(Gpu, n))];
        Observe(FirstLoad, [Gpu, .. instances, Other]);
        return instances;
    }

    private void Observe(params GpuDevice[] devices) => Observe(FirstLoad, devices);

    private void Observe(DriverLoad? load, params GpuDevice[] devices) =>
        _tracker.Observe(Report(load, devices), _tracker.Begin());
}

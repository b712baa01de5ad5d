using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Health;

internal sealed class HealthTrackerTests : TrackerTests
{
    [Test]
    public void Assess_NoFault_IsHealthy() => Assert.That(Tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));

    [Test]
    public void Fault_EvidenceVaries_KeepsTheTextOfItsOnset()
    {
        Observe(Faulty(DeviceFaultKind.UncorrectableEcc, "1 error"));
        var first = Tracker.Assess(Gpu);
        Time.Advance(TimeSpan.FromMinutes(5));

        Observe(Faulty(DeviceFaultKind.UncorrectableEcc, "7 errors"));

        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(first));
        Assert.That(first.Description, Is.EqualTo(
            "uncorrectable ECC errors: 1 error; drain the GPU and reset it. Since 2026-11-23T03:00:00Z"));
    }

    [TestCase(DeviceFaultKind.RecoveryNeeded)]
    [TestCase(DeviceFaultKind.FabricUnhealthy)]
    public void Fault_ThatNamesACondition_FollowsItAndKeepsItsOnset(DeviceFaultKind kind)
    {
        Observe(Conditioned(kind, "it is a reset", "reset it"));
        var first = Tracker.Assess(Gpu);
        Time.Advance(TimeSpan.FromSeconds(5));

        Observe(Conditioned(kind, "it is a reboot", "reboot it"));

        var second = Tracker.Assess(Gpu);
        Assert.That(second.Cause, Does.EndWith(": it is a reboot"));
        Assert.That(second.Advice, Is.EqualTo("reboot it"));
        Assert.That(second.Since, Is.EqualTo(first.Since));

        // Each text makes Nomad evaluate the node's jobs.
        Time.Advance(ActiveCause.TurnPause - TimeSpan.FromSeconds(1));
        Observe(Conditioned(kind, "it is a reset", "reset it"));
        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(second), "within a minute");
        Time.Advance(TimeSpan.FromSeconds(1));
        Observe(Conditioned(kind, "it is a reset", "reset it"));
        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(first));
    }

    [TestCase(DeviceFaultKind.Unresponsive, "GPU does not answer")]
    [TestCase(DeviceFaultKind.Lost, "GPU is lost")]
    public void DriverUnresponsive_TheGpuIsFoundToBeAtFault_SaysOnlyThat(DeviceFaultKind fault, string words)
    {
        Observe(Faulty(DeviceFaultKind.DriverUnresponsive));
        Assert.That(Tracker.Assess(Gpu).Description, Is.EqualTo(
            "driver does not answer: seen; see the driver's messages in the kernel log; if it lasts, reload the driver or reboot the "
            + "node. Since 2026-11-23T03:00:00Z"));

        Observe(Faulty(fault));

        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith(words).And.Not.Contain("driver does not answer"));
        Assert.That(Tracker.Assess(Gpu).State, Is.EqualTo(HealthState.Unhealthy));
    }

    [Test]
    public void DriverUnresponsive_AfterTheGpuDidNotAnswer_KeepsBothUntilAProbePasses()
    {
        Observe(Faulty(DeviceFaultKind.Unresponsive));
        Observe(Faulty(DeviceFaultKind.DriverUnresponsive));
        Assert.That(Tracker.CausesOf(Gpu.Uuid).Select(cause => cause.Word), Is.EqualTo(new[] { "gpu_unresponsive", "driver_unresponsive" }));

        Observe(Gpu);

        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));
    }

    // The driver asks for something, and says everything else as well as before.
    [Test]
    public void Fault_OverWhileARecoveryIsAskedFor_IsNoLongerTold()
    {
        Observe(Faulty(DeviceFaultKind.RecoveryNeeded) with
        {
            Faults = [new(DeviceFaultKind.RecoveryNeeded, "seen"), new(DeviceFaultKind.FabricUnhealthy, "link 3")],
            RecoveryNeeded = true,
        });

        Observe(Faulty(DeviceFaultKind.RecoveryNeeded) with { RecoveryNeeded = true });

        Assert.That(Tracker.Assess(Gpu).Causes, Has.Length.EqualTo(1).And.Exactly(1).StartsWith("GPU needs a recovery"));
    }

    [TestCaseSource(nameof(FaultKinds))]
    public void Fault_OfEachKind_IsUnfitUntilItsReadingIsGood(DeviceFaultKind kind)
    {
        Observe(Faulty(kind));
        Time.Advance(FaultTable.Find(kind).Grace);
        Observe(Faulty(kind));
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
        Assert.That(Tracker.Assess(Other).IsUsable, Is.True, "another GPU");
        Assert.That(Tracker.Assess(Gpu).Advice, Is.Not.Empty);

        Observe(Gpu, Other);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Faults_SeveralAtOnce_AreAllToldAndClearOneByOne()
    {
        Observe(Gpu with
        {
            Faults = [new(DeviceFaultKind.RemapPending, "field 394"), new(DeviceFaultKind.FabricUnhealthy, "link 3")],
        });
        Assert.That(Tracker.Assess(Gpu).Description, Does.Contain("field 394").And.Contain("link 3"));

        Observe(Faulty(DeviceFaultKind.FabricUnhealthy, "link 3"));

        Assert.That(Tracker.Assess(Gpu).Description, Does.Not.Contain("field 394").And.Contain("link 3"));
    }

    [Test]
    public void Fault_BehindAGpuThatDoesNotAnswer_StaysUntilItCanBeRead()
    {
        Observe(Faulty(DeviceFaultKind.RemapFailed));

        Observe(Faulty(DeviceFaultKind.Unresponsive));
        Assert.That(Tracker.Assess(Gpu).Description, Does.Contain("row remap failed").And.Contain("does not answer"));

        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Lost_AnswersAgain_NeedsTheDriversWordOrANewLoad()
    {
        var mute = Gpu with { RecoveryNeeded = null };
        Observe(Faulty(DeviceFaultKind.Lost) with { RecoveryNeeded = null });

        Observe(FirstLoad, mute);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False, "nothing vouches for it");

        Observe(FirstLoad with { Module = "580.105.08 2" }, mute);
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    // As with each start of the plugin on a node whose driver answers slowly.
    [Test]
    public void NotRead_AgainAndAgain_IsNotHeld()
    {
        for (var start = 0; start < 5; start++)
        {
            Observe(Faulty(DeviceFaultKind.NotRead));
            Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
            Time.Advance(TimeSpan.FromMinutes(1));
            Observe(Gpu);
            Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True, $"start {start}");
        }
    }

    [Test]
    public void NotRead_ReadingEndsInAFault_LeavesThatFaultAlone()
    {
        Observe(Faulty(DeviceFaultKind.NotRead));
        Observe(Faulty(DeviceFaultKind.Unresponsive));

        Assert.That(Tracker.CausesOf(Gpu.Uuid).Select(cause => cause.Word), Is.EqualTo(new[] { "gpu_unresponsive" }));
    }

    [Test]
    public void NotRead_OfAnEarlierProcess_IsNotRemembered()
    {
        Observe(Faulty(DeviceFaultKind.NotRead));

        Assert.That(Tracker.Remember().Causes, Is.Empty);
    }

    // GPUs that left the bus and came back, on a driver without field 230 whose NVML lists the GPUs of nvmlInit for good.
    [Test]
    public void Lost_AnswersAtAnotherAddress_WasProbedAgain()
    {
        var mute = Gpu with { RecoveryNeeded = null, PciBusId = "0000:30:00.0" };
        Observe(FirstLoad, mute);
        Observe(FirstLoad, Faulty(DeviceFaultKind.Lost) with { RecoveryNeeded = null, PciBusId = "0000:64:00.0" });
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);

        Observe(FirstLoad, mute with { PciBusId = "0000:64:00.0" });
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);

        Observe(FirstLoad, Faulty(DeviceFaultKind.Lost) with { RecoveryNeeded = null, PciBusId = "0000:64:00.0" });
        Observe(FirstLoad, mute with { PciBusId = "0000:64:00.0" });
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False, "nothing vouches for it at the same address");
    }

    [Test]
    public void XidThatNeedsARestart_AnswersAtAnotherAddress_Stays()
    {
        Observe(FirstLoad, Gpu with { PciBusId = "0000:30:00.0" });
        Raise(79);
        Time.Advance(TimeSpan.FromMinutes(1));

        Observe(FirstLoad, Gpu with { PciBusId = "0000:64:00.0" });

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
    }

    [Test]
    public void Cause_ReturnsTwiceWithinTenMinutes_IsHeldForAGrowingTime()
    {
        var holds = new List<double>();
        for (var round = 0; round < 7; round++)
        {
            Observe(Faulty(DeviceFaultKind.FabricUnhealthy));
            var began = Time.GetUtcNow();
            do
            {
                Time.Advance(TimeSpan.FromMinutes(1));
                Observe(Gpu);
            }
            while (!Tracker.Assess(Gpu).IsUsable);
            holds.Add((Time.GetUtcNow() - began).TotalMinutes);
        }

        Assert.That(holds, Is.EqualTo(new double[] { 1, 1, 10, 20, 40, 60, 60 }));
    }

    [Test]
    public void Cause_ReturnsOverRestarts_IsHeldAsWithoutThem()
    {
        var holds = new List<double>();
        for (var round = 0; round < 7; round++)
        {
            Restart();
            Observe(Faulty(DeviceFaultKind.FabricUnhealthy));
            var began = Time.GetUtcNow();
            do
            {
                Restart();
                Time.Advance(TimeSpan.FromMinutes(1));
                Observe(Gpu);
            }
            while (!Tracker.Assess(Gpu).IsUsable);
            holds.Add((Time.GetUtcNow() - began).TotalMinutes);
        }

        Assert.That(holds, Is.EqualTo(new double[] { 1, 1, 10, 20, 40, 60, 60 }));
    }

    [Test]
    public void Remember_AfterAQuietTime_IsNothing()
    {
        Observe(Faulty(DeviceFaultKind.FabricUnhealthy));
        Observe(Gpu);
        Assert.That(Tracker.Remember().Flaps, Has.Length.EqualTo(1));

        Time.Advance(TimeSpan.FromMinutes(11));

        Assert.That(Tracker.Remember(), Is.EqualTo(HealthMemory.Empty));
    }

    [Test]
    public void Events_MissingForAWhile_CountFromTheFirstTimeThatItIsSaid()
    {
        Tracker.SetMonitored(false);
        Time.Advance(TimeSpan.FromMinutes(1));
        Tracker.SetMonitored(false);

        Assert.That(Tracker.Assess(Gpu).Since, Is.EqualTo(new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero)));
    }

    [Test]
    public void Fault_BehindAGpuThatDidNotAnswer_IsNotCountedTwice()
    {
        Observe(Faulty(DeviceFaultKind.RemapPending));
        Observe(Faulty(DeviceFaultKind.Lost));
        Observe(Faulty(DeviceFaultKind.RemapPending));

        Assert.That(Tracker.OccurrencesOf(Gpu)?.Count, Is.EqualTo(1));
    }

    [Test]
    public void Fault_SeenByTheLaterOfTwoEnumerations_IsNotEndedByTheEarlier()
    {
        var (earlier, later) = (Tracker.Begin(), Tracker.Begin());
        Tracker.Observe(Report(FirstLoad, Faulty(DeviceFaultKind.RemapPending)), later);

        Tracker.Observe(Report(FirstLoad, Gpu), earlier);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
    }

    [Test]
    public void Events_RefusedByOneGpu_ItAndItsInstancesAreUnmonitoredAndUsable()
    {
        const string Reason = "nvmlDeviceRegisterEvents answered NOT_SUPPORTED";
        var instance = TestGpus.Instance(Gpu, 1);
        Observe(Gpu with { Unmonitored = Reason }, instance with { Unmonitored = Reason }, Other);
        Time.Advance(TimeSpan.FromMinutes(1));
        Observe(Gpu with { Unmonitored = Reason }, instance with { Unmonitored = Reason }, Other);

        foreach (var device in new[] { Gpu, instance })
        {
            var health = Tracker.Assess(device);
            Assert.That(health.State, Is.EqualTo(HealthState.Unmonitored));
            Assert.That(health.IsUsable, Is.True);
            Assert.That(health.Description, Is.EqualTo($"unmonitored: {Reason}. Since 2026-11-23T03:00:00Z"));
        }

        Assert.That(Tracker.Assess(Other), Is.EqualTo(DeviceHealth.Healthy));
        Observe(Gpu, Other);
        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));
    }

    [Test]
    public void Unread_WhatIsKnownFromBefore_NeitherClearsNorBegins()
    {
        Observe(Faulty(DeviceFaultKind.RemapPending));

        Tracker.Observe(Report(FirstLoad, Gpu, Other) with { Unread = [Gpu.Uuid] }, Tracker.Begin());
        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
        Observe(Gpu, Other);
        Tracker.Observe(Report(FirstLoad, Faulty(DeviceFaultKind.RemapPending)) with { Unread = [Gpu.Uuid] }, Tracker.Begin());

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
    }

    [Test]
    public void Cause_ReturnsAfterAQuietTime_IsNotHeld()
    {
        for (var round = 0; round < 5; round++)
        {
            Observe(Faulty(DeviceFaultKind.FabricUnhealthy));
            Observe(Gpu);
            Assert.That(Tracker.Assess(Gpu).IsUsable, Is.True);
            Time.Advance(TimeSpan.FromMinutes(6));
        }
    }

    [Test]
    public void Record_MoreGpusThanAnyNodeHas_CountsThoseItHasRoomFor()
    {
        for (var n = 0; n < 1100; n++)
        {
            Tracker.Record(new GpuEvent(GpuEventKind.Xid, $"GPU-stray-{n}", 79));
        }

        Assert.That(
            Enumerable.Range(0, 1100).Count(n => Tracker.XidsOf($"GPU-stray-{n}").Count > 0), Is.EqualTo(1024 - 2),
            "two places are taken by the GPUs of the node");
    }

    [Test]
    public void Record_MoreXidsThanSayAnything_AreCountedForOneThatIsLikeThem()
    {
        Tracker.Configure(new HealthPolicy { Xids = new XidTable([], Enumerable.Range(200, 12)) });
        for (var xid = 200; xid < 212; xid++)
        {
            Raise(xid);
        }

        var causes = Tracker.CausesOf(Gpu.Uuid);
        Assert.That(causes, Has.Length.EqualTo(8));
        Assert.That(causes.Sum(cause => cause.Occurrences), Is.EqualTo(12));
    }

    [Test]
    public void Configure_Disabled_JudgesNothingAndStillCounts()
    {
        Tracker.Configure(new HealthPolicy { Enabled = false });

        Raise(79);
        Observe(Faulty(DeviceFaultKind.Lost));

        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));
        Assert.That(Tracker.XidsOf(Gpu.Uuid).Count, Is.EqualTo(1));
    }

    [Test]
    public void SetMonitored_False_IsShownAndNotUnhealthy()
    {
        Tracker.SetMonitored(false);
        Raise(79);

        var other = Tracker.Assess(Other);
        Assert.That(other.State, Is.EqualTo(HealthState.Unmonitored));
        Assert.That(other.IsUsable, Is.True);
        Assert.That(other.Description, Does.StartWith("unmonitored").And.Contain("Since 2026-11-23T03:00:00Z"));
        Assert.That(Tracker.Assess(Gpu).State, Is.EqualTo(HealthState.Unhealthy));

        Tracker.SetMonitored(true);
        Assert.That(Tracker.Assess(Other), Is.EqualTo(DeviceHealth.Healthy));
    }

    private static DeviceFaultKind[] FaultKinds() => Enum.GetValues<DeviceFaultKind>();

    private static GpuDevice Conditioned(DeviceFaultKind kind, string evidence, string advice) =>
        Gpu with { Fault = new DeviceFault(kind, evidence) { Advice = advice } };
}

using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>Causes as programs are told of them.</summary>
internal sealed class CauseLabelTests : TrackerTests
{
    [Test]
    public void Labels_OfSeveralCauses_AreAllThere_AlsoThoseWithoutRoomInTheText()
    {
        Observe(Gpu with
        {
            Faults =
            [
                new DeviceFault(DeviceFaultKind.RemapFailed, "seen"), new DeviceFault(DeviceFaultKind.RemapPending, "seen"),
                new DeviceFault(DeviceFaultKind.FabricUnhealthy, "seen"),
            ],
        });
        Raise(79);
        Raise(119);

        Assert.That(Tracker.Assess(Gpu).Labels, Is.EqualTo(new CauseLabel[]
        {
            new("row_remap_failed"), new("row_remap_pending"), new("fabric_unhealthy"), new("xid", 79), new("xid", 119),
        }));
        var again = Tracker.Assess(Gpu);
        Assert.That(again, Is.EqualTo(Tracker.Assess(Gpu)), "telling the same again would be a change for Nomad");
        Assert.That(Tracker.Assess(Other).Labels, Is.Empty);
    }

    [Test]
    public void Labels_OfAnXidOutsideTheCatalog_SayThatItIsUnknown()
    {
        Raise(900);
        Observe(Gpu with { RecoveryNeeded = true });

        Assert.That(Tracker.Assess(Gpu).Labels, Is.EqualTo(new[] { new CauseLabel("unknown_xid", 900) }));
    }

    [Test]
    public void Labels_OfAHeldCause_SayThatItIsHeld()
    {
        for (var i = 0; i < 3; i++)
        {
            Observe(Faulty(DeviceFaultKind.FabricUnhealthy));
            Time.Advance(TimeSpan.FromMinutes(1));
            Observe(Gpu);
        }

        Assert.That(Tracker.Assess(Gpu).Labels, Is.EqualTo(new[] { new CauseLabel("flapping") }));
    }

    [Test]
    public void Labels_WhileEventsDoNotArrive_SaySo()
    {
        Tracker.SetMonitored(false);

        Assert.That(Tracker.Assess(Gpu).Labels, Is.EqualTo(new[] { new CauseLabel("unmonitored") { IsWithheld = false } }));
    }
}

using DevicePlugin.Gpu;
using DevicePlugin.Hardware.KernelLog;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.KernelLog;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class XidPairingTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<GpuEvent> _told = [];
    private readonly XidPairing _pairing;
    private int _lines;

    public XidPairingTests() => _pairing = new XidPairing(_told.Add, _time);

    public void Dispose() => _pairing.Dispose();

    [Test]
    public void Line_WithoutAnEvent_IsAnXidAfterTwoSeconds()
    {
        Line(79);
        Pass(1.999);
        Assert.That(_told, Is.Empty);

        Pass(0.001);

        Assert.That(_told.Single(), Is.EqualTo(Xid(79) with { Line = new KernelLogPosition("boot", 1) }));
    }

    [TestCase(0)]
    [TestCase(1.999)]
    public void Line_AfterItsEvent_IsNoXidOfItsOwn(double seconds)
    {
        Event(79);
        Pass(seconds);
        Line(79);
        Pass(10);

        Assert.That(Kinds(), Is.EqualTo(new[] { GpuEventKind.XidLogged }));
    }

    [TestCase(0)]
    [TestCase(1.999)]
    public void Event_AfterItsLine_LeavesNoXidOfTheLine(double seconds)
    {
        Line(79);
        Pass(seconds);
        Event(79);
        Pass(10);

        Assert.That(Kinds(), Is.EqualTo(new[] { GpuEventKind.XidLogged }));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void EventAndLine_TwoSecondsApart_AreTwoXids(bool isEventFirst)
    {
        if (isEventFirst)
        {
            Event(79);
            Pass(2);
            Line(79);
        }
        else
        {
            Line(79);
            Pass(2);
            Event(79);
        }

        Pass(10);
        Assert.That(Kinds(), Is.EqualTo(new[] { GpuEventKind.Xid }), "the event was told already");
    }

    // As many as there are in the course that has more of them.
    [TestCase("eeelll", 0)]
    [TestCase("llleee", 0)]
    [TestCase("leelle", 0)]
    [TestCase("elll", 2)]
    [TestCase("llle", 2)]
    [TestCase("eeel", 0)]
    [TestCase("leee", 0)]
    public void Burst_OfOneXid_IsPairedOneToOne(string course, int ofLines)
    {
        foreach (var step in course)
        {
            if (step == 'e')
            {
                Event(119);
            }
            else
            {
                Line(119);
            }
        }

        Pass(2);
        Assert.That(Kinds().Count(kind => kind == GpuEventKind.Xid), Is.EqualTo(ofLines));
        Assert.That(_told, Has.Count.EqualTo(course.Count(step => step == 'l')));
    }

    [Test]
    public void OtherXidOrGpuOrInstance_IsNotThePair()
    {
        Event(119);
        _pairing.SeeEvent(Xid(79) with { GpuUuid = "GPU-b" });
        _pairing.SeeEvent(Xid(79) with { GpuInstanceId = 2 });
        SeeLine(Xid(79) with { GpuInstanceId = 1 });

        Pass(2);
        Assert.That(Kinds(), Is.EqualTo(new[] { GpuEventKind.Xid }));
    }

    [Test]
    public void LineOfAnOldDriver_WithoutTheInstance_IsThePairOfItsEvent()
    {
        Line(79);
        _pairing.SeeEvent(Xid(79) with { GpuInstanceId = 2, ComputeInstanceId = 0 });

        Pass(2);
        Assert.That(Kinds(), Is.EqualTo(new[] { GpuEventKind.XidLogged }));
    }

    [Test]
    public void Lines_LeaveInTheirOrder()
    {
        // What the second says, "judged up to here", must not be known before the first was judged.
        Event(119);
        Line(79);
        Line(119);
        Assert.That(_told, Is.Empty);

        Pass(2);

        Assert.That(Kinds(), Is.EqualTo(new[] { GpuEventKind.Xid, GpuEventKind.XidLogged }));
        Assert.That(_told.Select(told => told.Line!.Sequence), Is.Ordered);
    }

    [Test]
    public void Lines_OneAfterTheOther_EachWaitsTwoSeconds()
    {
        Line(79);
        Pass(1.5);
        Line(48);
        Pass(0.5);
        Assert.That(_told.Select(told => told.Data), Is.EqualTo(new[] { 79 }));

        Pass(1.5);

        Assert.That(_told.Select(told => told.Data), Is.EqualTo(new[] { 79, 48 }));
    }

    [Test]
    public void Flood_WaitsInBounds()
    {
        for (var i = 0; i < 100_000; i++)
        {
            Line(31);
        }

        Assert.That(_told, Has.Count.GreaterThan(90_000));
        Pass(2);
        Assert.That(_told, Has.Count.EqualTo(100_000));
    }

    [Test]
    public void Clear_ForgetsWhatWaits()
    {
        Line(79);
        Event(48);
        _pairing.Clear();
        Line(48);

        Pass(2);
        Assert.That(_told.Select(told => (told.Kind, told.Data)), Is.EqualTo(new[] { (GpuEventKind.Xid, 48L) }));
    }

    private static GpuEvent Xid(long code) => new(GpuEventKind.Xid, "GPU-a", code);

    private IEnumerable<GpuEventKind> Kinds() => _told.Select(told => told.Kind);

    private void Event(long code) => _pairing.SeeEvent(Xid(code));

    private void Line(long code) => SeeLine(Xid(code));

    private void SeeLine(GpuEvent xid) => _pairing.SeeLine(xid with { Line = new KernelLogPosition("boot", ++_lines) });

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}

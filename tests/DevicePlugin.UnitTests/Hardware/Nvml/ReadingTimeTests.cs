using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware;
using DevicePlugin.Hardware.HandOut;
using DevicePlugin.Hardware.Nvml;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ReadingTimeTests
{
    private readonly FakeTimeProvider _time = new();
    private ReadingTime _reading = null!;

    [SetUp]
    public void SetUp() => _reading = new ReadingTime(_time);

    [Test]
    public void FirstReport_AndTheLookAtTheNodesFiles_AreInTimeForTheFirstMessage() => Assert.That(
        ReadingTime.FirstReport + HandOutKeeper.Grace, Is.LessThan(InventoryMonitor.FirstMessageDeadline));

    // Each second that opening the driver takes is missing where GPUs are waited for, once there are not enough for both.
    [TestCase(0, 8)]
    [TestCase(3, 8)]
    [TestCase(6, 5)]
    [TestCase(10.5, 0.5)]
    [TestCase(13, 0)]
    public void Left_DriverOpensSlowly_IsWhatTheFirstMessageLeaves(double opening, double left)
    {
        _reading.Begin();
        _time.Advance(TimeSpan.FromSeconds(opening));
        _reading.Open(NewSession());

        Assert.That(_reading.Left().TotalSeconds, Is.EqualTo(left).Within(0.001));
    }

    [Test]
    public void Left_EnumeratedAgainBeforeAllIsRead_IsNotGivenTwice()
    {
        var session = NewSession();
        _reading.Begin();
        _reading.Open(session);
        _time.Advance(ReadingTime.FirstReading);
        _reading.Report();
        _reading.Begin();
        _reading.Open(session);

        Assert.That(_reading.Left(), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void Left_DriverIsLoadedAgainLater_IsThatOfAReading()
    {
        _reading.Begin();
        _reading.Open(NewSession());
        _reading.Report();
        _time.Advance(TimeSpan.FromHours(1));
        _reading.Begin();
        _reading.Open(NewSession());

        Assert.That(_reading.Left(), Is.EqualTo(ReadingTime.FirstReading));
    }

    [TestCase(1, 3)]
    [TestCase(6, 2)]
    [TestCase(8, 0)]
    public void LeftForCuda_IsShortAndWithinThatOfTheGpus(double reading, double left)
    {
        _reading.Begin();
        _reading.Open(NewSession());
        _time.Advance(TimeSpan.FromSeconds(reading));

        Assert.That(_reading.LeftForCuda().TotalSeconds, Is.EqualTo(left).Within(0.001));
    }

    private NvmlSession NewSession() => new(
        null!, 1, new DriverStatus(DriverState.Loaded, ""), new StuckCalls(_time, NullLogger.Instance), new GpuEventHub(),
        NullLogger.Instance);
}

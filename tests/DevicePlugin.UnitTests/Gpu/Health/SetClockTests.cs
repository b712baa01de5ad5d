using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Hardware.KernelLog;
using DevicePlugin.Hardware.State;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>The node's clock is a day ahead or behind, and is set: no duration changes for it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SetClockTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly TestLogs _logs = new();
    private readonly TemporaryTree _tree = new();

    [TearDown]
    public void TearDown()
    {
        _logs.Dispose();
        _tree.Dispose();
    }

    [TestCase(1)]
    [TestCase(-1)]
    public void HealthFile_ClockWasSetBetweenTwoProcesses_DatesAreThoseOfTheNewClock(int days)
    {
        var set = days * Day;
        var onset = Start - TimeSpan.FromSeconds(20);
        var cause = new RememberedCause("GPU-1", null, 95, "XID 95: x", onset) { LastSeen = onset, HeldUntil = onset + Day, OverSince = onset };
        Open(TimeSpan.FromHours(1), Start).Save(new HealthMemory([cause])
        {
            Graces = [new RememberedGrace("GPU-1", DeviceFaultKind.FabricUnhealthy, onset, null)],
        });

        // Half a minute later by the clock of the boot.
        var found = Open(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(30), Start + set + TimeSpan.FromSeconds(30)).Load();

        Assert.That(found.Causes.Single().LastSeen, Is.EqualTo(onset + set));
        Assert.That(found.Causes.Single().Since, Is.EqualTo(onset + set));
        Assert.That(found.Causes.Single().HeldUntil, Is.EqualTo(onset + set + Day));
        Assert.That(found.Graces.Single().Since, Is.EqualTo(onset + set));
    }

    [TestCase("another", 0)]
    [TestCase("boot", 5)]
    public void HealthFile_AnotherBootOrAClockThatOnlyDrifts_DatesStay(string boot, int seconds)
    {
        var cause = new RememberedCause("GPU-1", null, 95, "XID 95: x", Start);
        Open(TimeSpan.FromHours(1), Start).Save(new HealthMemory([cause]));

        var found = Open(TimeSpan.FromHours(1), Start + (boot == "boot" ? TimeSpan.FromSeconds(seconds) : Day), boot).Load();

        Assert.That(found.Causes.Single().LastSeen, Is.EqualTo(Start));
    }

    [TestCase(1)]
    [TestCase(-1)]
    public void Grace_ClockIsSet_IsAsLongAsItIs(int days)
    {
        var grace = FaultTable.Find(DeviceFaultKind.FabricUnhealthy).Grace is { Ticks: > 0 } period
            ? (Kind: DeviceFaultKind.FabricUnhealthy, Period: period)
            : Enum.GetValues<DeviceFaultKind>().Select(kind => (Kind: kind, Period: FaultTable.Find(kind).Grace))
                .First(one => one.Period > TimeSpan.Zero);
        var time = new SettableTimeProvider();
        var tracker = new HealthTracker(time, _logs.CreateLogger("health"));
        var gpu = TestGpus.Gpu(0) with { Faults = [new DeviceFault(grace.Kind, "x")] };

        Observe();
        time.Pass(grace.Period / 2);
        time.SetClock(days * (int)Day.TotalSeconds);
        Observe();
        Assert.That(tracker.Assess(gpu).IsUsable, Is.True, "half of it is over");

        time.Pass(grace.Period);
        Observe();
        Assert.That(tracker.Assess(gpu).IsUsable, Is.False, "all of it is over");

        void Observe() => tracker.Observe(TestGpus.Report(gpu), tracker.Begin());
    }

    [TestCase(1)]
    [TestCase(-1)]
    public void KernelLog_ClockIsSet_LinesAreAsOldAsTheyAre(int days)
    {
        var time = new SettableTimeProvider();
        _tree.Write("uptime", "1000.00 1.00");
        var clock = new KernelLogClock(_tree.Root, time);

        time.Pass(TimeSpan.FromSeconds(60));
        time.SetClock(days * (int)Day.TotalSeconds);

        Assert.That(time.GetUtcNow() - clock.DateOf(1_050_000_000), Is.EqualTo(TimeSpan.FromSeconds(10)));
        Assert.That(clock.DateOf(2_000_000_000), Is.EqualTo(time.GetUtcNow()), "never in the future");
    }

    private HealthFile Open(TimeSpan uptime, DateTimeOffset now, string boot = "boot") =>
        new(Path.Combine(_tree.Root, "health.json"), boot, _logs.CreateLogger("file"))
        {
            ReadClock = () => new BootMoment(boot, uptime, now),
        };
}

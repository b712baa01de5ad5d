using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>A tracker of two GPUs on a manual clock, each seen healthy once.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal abstract class TrackerTests
{
    private protected static readonly DriverLoad FirstLoad = new("boot-1", "580.105.08 1");
    private protected static readonly GpuDevice Gpu = TestGpus.Gpu(0) with { RecoveryNeeded = false };
    private protected static readonly GpuDevice Other = TestGpus.Gpu(1) with { RecoveryNeeded = false };

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero));

    private protected TestLogs Logs { get; } = new();

    private protected HealthTracker Tracker { get; private set; } = null!;

    [SetUp]
    public void SetUp()
    {
        Tracker = NewTracker();
        Observe(FirstLoad, Gpu, Other);
    }

    [TearDown]
    public void TearDown() => Logs.Dispose();

    private protected static NodeReport Report(DriverLoad? load, params GpuDevice[] devices) =>
        TestGpus.Report(devices) with { Load = load };

    private protected static GpuDevice Faulty(DeviceFaultKind kind, string evidence = "seen") =>
        Gpu with { Fault = new DeviceFault(kind, evidence) };

    private protected HealthTracker NewTracker() => new(Time, Logs.CreateLogger(nameof(HealthTracker)));

    /// <summary>What a new process knows.</summary>
    private protected void Restart()
    {
        var memory = Tracker.Remember();
        Tracker = NewTracker();
        Tracker.Restore(memory);
    }

    /// <summary>A process that knows nothing yet.</summary>
    private protected void StartOver() => Tracker = NewTracker();

    private protected bool Raise(long xid) => Tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, xid));

    private protected GpuDevice[] ObserveInstances()
    {
        GpuDevice[] instances = [.. Enumerable.Range(1, 3).Select(n => TestGpus.Instance(Gpu, n))];
        Observe(FirstLoad, [Gpu, .. instances, Other]);
        return instances;
    }

    private protected void Observe(params GpuDevice[] devices) => Observe(FirstLoad, devices);

    private protected void Observe(DriverLoad? load, params GpuDevice[] devices) =>
        Tracker.Observe(Report(load, devices), Tracker.Begin());
}

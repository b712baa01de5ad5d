using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MonitorHealthTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero));
    private readonly ScriptedBackend _backend = new();
    private volatile string? _maintenance;
    private TestLogs _logs = null!;
    private InventoryMonitor _monitor = null!;

    [SetUp]
    public void SetUp()
    {
        _logs = new TestLogs();
        _monitor = new InventoryMonitor(_time, _logs.CreateLogger<InventoryMonitor>());
        _backend.Report = TestGpus.Report(Gpu(0), Gpu(1));
        Configure(HealthPolicy.Default);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _monitor.DisposeAsync();
        _logs.Dispose();
    }

    [Test]
    public async Task Start_ListensBeforeItEnumerates()
    {
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();

        Assert.That(_backend.WatchesBeforeEnumeration, Is.EqualTo(1));
    }

    [Test]
    public async Task Xid_WhileAnEnumerationHangs_IsToldAtOnce()
    {
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();
        await _backend.NextEnumeration().DefaultTimeout();
        var gate = new TaskCompletionSource();
        _backend.Gate = gate.Task;
        _time.Advance(Period);
        await _backend.NextEnumeration().DefaultTimeout();

        Raise(1, 79);

        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { true, false }));
        gate.SetResult();
    }

    [Test]
    public async Task Xid_OfATask_ChangesNothing()
    {
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();

        Raise(1, 31);
        Raise(0, 79);

        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { false, true }));
    }

    [Test]
    public async Task Poll_PeriodIsLong_IsAtLeastEachThirtySeconds()
    {
        _monitor.Configure(Settings(HealthPolicy.Default) with { Period = TimeSpan.FromHours(24) });
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();

        _backend.Report = TestGpus.Report(Gpu(0), Sick(1, DeviceFaultKind.RemapPending));
        var next = stream.NextAsync();
        await AdvanceUntilAsync(next, InventoryMonitor.LongestPoll);

        Assert.That(Usable(await next), Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public async Task DriverUnloaded_DevicesStayUnhealthyForTenMinutes()
    {
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();

        _backend.Report = NodeReport.Without(DriverState.NotLoaded, "nvmlInit answered DRIVER_NOT_LOADED.");
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        var gone = await stream.NextAsync();
        Assert.That(Usable(gone), Is.EqualTo(new[] { false, false }));
        Assert.That(gone.Devices[0].Health.Description, Does.StartWith("GPU is gone: nvmlInit answered DRIVER_NOT_LOADED; "));

        _time.Advance(DeviceRetention.Limit - TimeSpan.FromSeconds(1));
        var later = await ReportAsync(stream, NodeReport.Without(DriverState.NotLoaded, "still"));
        Assert.That(later.Devices, Is.EqualTo(gone.Devices), "neither removed nor told anew");

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await ReportAsync(stream, NodeReport.Without(DriverState.NotLoaded, "ever"))).Devices, Is.Empty);
    }

    [Test]
    public async Task Gpu_UnpluggedAndBack_IsUnhealthyMeanwhile()
    {
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();

        _backend.Report = TestGpus.Report(Gpu(0));
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { true, false }));

        _backend.Report = TestGpus.Report(Gpu(0), Gpu(1));
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { true, true }));
    }

    [Test]
    public async Task Gpu_UnpluggedAfterItsXid_KeepsTheTextThatSaysWhy()
    {
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();
        Raise(1, 79);
        var fallen = (await stream.NextAsync()).Devices[1].Health;

        _backend.Report = TestGpus.Report(Gpu(0), Gpu(2));
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        var inventory = await stream.UntilAsync(current => current.Devices.Length == 3);
        Assert.That(inventory.Devices[1].Health, Is.EqualTo(fallen));
    }

    [Test]
    public async Task MigInstance_RemovedByALayoutChange_GoesAtOnce()
    {
        var parent = Gpu(0);
        _backend.Report = TestGpus.Report(
            parent, TestGpus.Instance(parent, 1), TestGpus.Instance(parent, 2), Gpu(1));
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();

        _backend.Report = TestGpus.Report(parent, TestGpus.Instance(parent, 3), Gpu(1));
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, parent.Uuid));

        Assert.That(
            (await stream.NextAsync()).Devices.Select(device => device.Id),
            Is.EqualTo(new[] { "MIG-0000-0003", "GPU-00000001" }));
    }

    [Test]
    public async Task MigInstances_OfAGpuThatIsLost_Stay()
    {
        var parent = Gpu(0);
        _backend.Report = TestGpus.Report(parent, TestGpus.Instance(parent, 1), TestGpus.Instance(parent, 2));
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();

        _backend.Report = TestGpus.Report(
            Sick(0, DeviceFaultKind.Lost), TestGpus.Instance(Sick(0, DeviceFaultKind.Lost), 1));
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        var inventory = await stream.NextAsync();
        Assert.That(inventory.Devices.Select(device => device.Id), Is.EqualTo(new[] { "MIG-0000-0001", "MIG-0000-0002" }));
        Assert.That(inventory.Devices.Select(device => device.Health.Cause), Has.All.StartsWith("GPU is lost"));
    }

    [Test]
    public async Task MigInstances_OfAGpuThatIsReportedWithoutThem_StayInItsPlace()
    {
        var parent = Gpu(0);
        _backend.Report = TestGpus.Report(parent, TestGpus.Instance(parent, 1), TestGpus.Instance(parent, 2));
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();

        _backend.Report = TestGpus.Report(Sick(0, DeviceFaultKind.Unresponsive));
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        var inventory = await stream.NextAsync();
        Assert.That(inventory.Devices.Select(device => device.Id), Is.EqualTo(new[] { "MIG-0000-0001", "MIG-0000-0002" }));
        Assert.That(Usable(inventory), Has.All.False);
    }

    [Test]
    public async Task Maintenance_LetsGoOfTheDriverAndListsTheDevicesForAsLongAsItTakes()
    {
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();

        _maintenance = "driver upgrade";
        _time.Advance(InventoryMonitor.MaintenancePoll);
        var during = await stream.NextAsync();
        Assert.That(during.Driver.State, Is.EqualTo(DriverState.Maintenance));
        Assert.That(during.Devices.Select(device => device.Health.Description), Has.All.EqualTo(
            "maintenance: driver upgrade; remove the maintenance file when the work is done. Since 2026-11-23T03:00:02Z"));
        Assert.That(_backend.IsDisposed, Is.True);
        var enumerations = _backend.Enumerations;

        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromHours(1));
        }

        Assert.That(_monitor.Current.Devices, Is.EqualTo(during.Devices));
        Assert.That(_backend.Enumerations, Is.EqualTo(enumerations), "the driver is left alone");

        _maintenance = null;
        _time.Advance(InventoryMonitor.MaintenancePoll);
        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { true, true }));
    }

    [Test]
    public async Task Maintenance_DriverIsStillAwayAfterwards_TheTimeCountsFromThen()
    {
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();
        _maintenance = "";
        _time.Advance(InventoryMonitor.MaintenancePoll);
        Assert.That((await stream.NextAsync()).Devices[0].Health.Cause, Is.EqualTo("maintenance"));
        _time.Advance(TimeSpan.FromHours(5));

        _backend.Report = NodeReport.Without(DriverState.NotLoaded, "no driver");
        _maintenance = null;
        _time.Advance(InventoryMonitor.MaintenancePoll);

        var inventory = await stream.UntilAsync(current => current.Driver.State == DriverState.NotLoaded);
        Assert.That(inventory.Devices.Select(device => device.Health.Cause), Has.All.EqualTo("GPU is gone: no driver"));
    }

    [Test]
    public async Task Maintenance_BeforeTheFirstStream_TheDriverIsNeverTouched()
    {
        _maintenance = "";
        await using var stream = new InventoryStream(_monitor);

        var inventory = await stream.NextAsync();

        Assert.That(inventory.Devices, Is.Empty);
        Assert.That(inventory.Driver.State, Is.EqualTo(DriverState.Maintenance));
        Assert.That(_backend.Enumerations, Is.Zero);
    }

    [Test]
    public async Task Watch_Fails_IsShownAsUnmonitoredUntilItLasts()
    {
        _backend.WatchFailure = new InvalidOperationException("no events");
        await using var stream = new InventoryStream(_monitor);
        var unmonitored = await stream.UntilAsync(
            current => current.Devices.Any(device => device.Health.State == HealthState.Unmonitored));
        Assert.That(Usable(unmonitored), Is.EqualTo(new[] { true, true }));
        await _backend.NextWatch().DefaultTimeout();

        // No busy loop, and no end to trying.
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            Assert.That((await NextPauseAsync()).Message, Does.Contain($"begins again in {seconds} s"));
            _time.Advance(TimeSpan.FromSeconds(seconds));
            await _backend.NextWatch().DefaultTimeout();
        }

        await NextPauseAsync();
        _backend.WatchFailure = null;
        _time.Advance(EventWatcher.LongestPause);
        await _backend.NextWatch().DefaultTimeout();
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        await stream.UntilAsync(current => current.Devices.All(device => device.Health == DeviceHealth.Healthy));
    }

    [Test]
    public async Task Health_Disabled_JudgesNothing()
    {
        Configure(new HealthPolicy { Enabled = false });
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();

        Raise(0, 79);
        _backend.Report = TestGpus.Report(Sick(0, DeviceFaultKind.Lost));
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        var inventory = await stream.NextAsync();
        Assert.That(inventory.Devices, Has.Length.EqualTo(1), "what is missing is not kept either");
        Assert.That(Usable(inventory), Is.EqualTo(new[] { true }));
    }

    [Test]
    public async Task Configure_OtherSettings_KeepWhatIsWrongWithAGpu()
    {
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();
        Raise(0, 79);
        await stream.NextAsync();

        _monitor.Configure(Settings(HealthPolicy.Default) with { Filter = new DeviceFilter([Gpu(1).Uuid]) });

        var inventory = await stream.NextAsync();
        Assert.That(inventory.Devices.Single().Health.Cause, Does.StartWith("XID 79"));
    }

    [Test]
    public async Task Flood_OfTenThousandEvents_OneTransitionAndFewLines()
    {
        await using var stream = new InventoryStream(_monitor);
        await stream.NextAsync();

        for (var i = 0; i < 10_000; i++)
        {
            Raise(i % 2, i % 3 == 0 ? 13 : 119);
        }

        await stream.UntilAsync(current => current.Devices.All(device => !device.Health.IsUsable));
        _backend.Report = TestGpus.Report(Gpu(0), Gpu(1), Gpu(2));
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        await stream.UntilAsync(current => current.Devices.Length == 3);
        Assert.That(_monitor.Health.XidsOf(Gpu(0).Uuid).Count + _monitor.Health.XidsOf(Gpu(1).Uuid).Count, Is.EqualTo(10_000));
        Assert.That(_logs.Named("DeviceUnhealthy").Count(), Is.EqualTo(2));
        Assert.That(_logs.Named("XidSeen").Count(), Is.LessThanOrEqualTo(10));
        Assert.That(_backend.Enumerations, Is.LessThan(20));
    }

    private static GpuDevice Gpu(int n) => TestGpus.Gpu(n) with { RecoveryNeeded = false };

    private static GpuDevice Sick(int n, DeviceFaultKind kind) => Gpu(n) with { Fault = new DeviceFault(kind, "seen") };

    private static IEnumerable<bool> Usable(Inventory inventory) =>
        inventory.Devices.Select(device => device.Health.IsUsable);

    private void Raise(int gpu, long xid) => _backend.Raise(new GpuEvent(GpuEventKind.Xid, Gpu(gpu).Uuid, xid));

    private void Configure(HealthPolicy policy) => _monitor.Configure(Settings(policy));

    private MonitorSettings Settings(HealthPolicy policy) => new()
    {
        Period = Period, Health = policy, ReadMaintenance = () => _maintenance, OpenBackend = () => _backend,
    };

    /// <summary>What is made of a report without devices; its reason must be a new one.</summary>
    private Task<Inventory> ReportAsync(InventoryStream stream, NodeReport report)
    {
        _backend.Report = report;
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        return stream.UntilAsync(current => current.Driver.Reason == report.Driver.Reason);
    }

    /// <summary>The timer is set after the message that a test has just read: time passes until it took effect.</summary>
    private async Task AdvanceUntilAsync(Task task, TimeSpan step)
    {
        while (!task.IsCompleted)
        {
            _time.Advance(step);
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(50)));
        }
    }

    /// <summary>The pause after the latest attempt to listen has begun.</summary>
    private async Task<LogEntry> NextPauseAsync()
    {
        while (_logs.Named("EventsEnded").Count() < _backend.Watches)
        {
            await Task.Yield();
        }

        return _logs.Named("EventsEnded").Last();
    }
}

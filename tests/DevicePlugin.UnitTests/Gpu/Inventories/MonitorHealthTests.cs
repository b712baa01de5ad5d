using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>What events and readings of a GPU do to the inventory.</summary>
internal sealed class MonitorHealthTests : MonitorTests
{
    [Test]
    public async Task Start_ListensBeforeItEnumerates()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Assert.That(Backend.WatchesBeforeEnumeration, Is.EqualTo(1));
    }

    [Test]
    public async Task Xid_WhileAnEnumerationHangs_IsToldAtOnce()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        await Backend.NextEnumeration().DefaultTimeout();
        var gate = new TaskCompletionSource();
        Backend.Gate = gate.Task;
        Time.Advance(Period);
        await Backend.NextEnumeration().DefaultTimeout();

        Raise(1, 79);

        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { true, false }));
        gate.SetResult();
    }

    [Test]
    public async Task Xid_ListenerToEventsThrows_IsJudgedAllTheSame()
    {
        Logs.ExpectErrors(entry => entry.EventId.Name == "ListenerFailed");
        var told = 0;
        Monitor.EventSeen += _ => throw new InvalidOperationException("a page fails");
        Monitor.EventSeen += _ => told++;
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Raise(1, 79);

        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { true, false }));
        Assert.That(told, Is.EqualTo(1));
    }

    [Test]
    public async Task Xid_OfATask_ChangesNothing()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Raise(1, 31);
        Raise(0, 79);

        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { false, true }));
    }

    [Test]
    public async Task Poll_PeriodIsLong_IsAtLeastEachThirtySeconds()
    {
        Monitor.Configure(Settings(HealthPolicy.Default) with { Period = TimeSpan.FromHours(24) });
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Backend.Report = TestGpus.Report(Gpu(0), Sick(1, DeviceFaultKind.RemapPending));
        var next = stream.NextAsync();
        await Time.AdvanceUntilAsync(next, InventoryMonitor.LongestPoll);

        Assert.That(Usable(await next), Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public async Task Watch_Fails_IsShownAsUnmonitoredUntilItLasts()
    {
        Backend.WatchFailure = new InvalidOperationException("no events");
        await using var stream = new InventoryStream(Monitor);
        var unmonitored = await stream.UntilAsync(
            current => current.Devices.Any(device => device.Health.State == HealthState.Unmonitored));
        Assert.That(Usable(unmonitored), Is.EqualTo(new[] { true, true }));
        await Backend.NextWatch().DefaultTimeout();

        // No busy loop, and no end to trying.
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            Assert.That((await NextPauseAsync()).Message, Does.Contain($"begins again in {seconds} s"));
            Time.Advance(TimeSpan.FromSeconds(seconds));
            await Backend.NextWatch().DefaultTimeout();
        }

        await NextPauseAsync();
        Backend.WatchFailure = null;
        Time.Advance(EventWatcher.LongestPause);
        await Backend.NextWatch().DefaultTimeout();
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        await stream.UntilAsync(current => current.Devices.All(device => device.Health == DeviceHealth.Healthy));
    }

    [Test]
    public async Task Watch_EndsAtOnce_CountsAsAFailureAndThePauseGrows()
    {
        Backend.WatchEnds = true;
        await using var stream = new InventoryStream(Monitor);
        await stream.UntilAsync(current => current.Devices.Any(device => device.Health.State == HealthState.Unmonitored));
        await Backend.NextWatch().DefaultTimeout();

        foreach (var seconds in new[] { 1, 2, 4 })
        {
            Assert.That((await NextPauseAsync()).Message, Does.Contain($"begins again in {seconds} s"));
            Time.Advance(TimeSpan.FromSeconds(seconds));
            await Backend.NextWatch().DefaultTimeout();
        }
    }

    [Test]
    public async Task Watch_FailedBeforeMaintenance_IsMonitoredAfterIt()
    {
        Backend.WatchFailure = new InvalidOperationException("no events");
        await using var stream = new InventoryStream(Monitor);
        await stream.UntilAsync(current => current.Devices.Any(device => device.Health.State == HealthState.Unmonitored));
        MaintenanceText = "new driver";
        Time.Advance(InventoryMonitor.MaintenancePoll);
        await stream.UntilAsync(current => current.Driver.State == DriverState.Maintenance);

        Backend.WatchFailure = null;
        MaintenanceText = null;
        Time.Advance(InventoryMonitor.MaintenancePoll);

        var inventory = await stream.UntilAsync(current => current.Driver.IsLoaded);
        Assert.That(inventory.Devices.Select(device => device.Health), Has.All.EqualTo(DeviceHealth.Healthy));
    }

    [Test]
    public async Task Health_Disabled_JudgesNothing()
    {
        Configure(new HealthPolicy { Enabled = false });
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Raise(0, 79);
        Backend.Report = TestGpus.Report(Sick(0, DeviceFaultKind.Lost));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        var inventory = await stream.NextAsync();
        Assert.That(inventory.Devices, Has.Length.EqualTo(1), "what is missing is not kept either");
        Assert.That(Usable(inventory), Is.EqualTo(new[] { true }));
    }

    [Test]
    public async Task Configure_OtherSettings_KeepWhatIsWrongWithAGpu()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        Raise(0, 79);
        await stream.NextAsync();

        Monitor.Configure(Settings(HealthPolicy.Default) with { Filter = new DeviceFilter([Gpu(1).Uuid]) });

        var inventory = await stream.NextAsync();
        Assert.That(inventory.Devices.Single().Health.Cause, Does.StartWith("XID 79"));
    }

    [Test]
    public async Task Flood_OfTenThousandEvents_OneTransitionAndFewLines()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        for (var i = 0; i < 10_000; i++)
        {
            Raise(i % 2, i % 3 == 0 ? 13 : 119);
        }

        await stream.UntilAsync(current => current.Devices.All(device => !device.Health.IsUsable));
        await Backend.UntilHandledAsync();
        Assert.That(
            Monitor.Health.XidsOf(Gpu(0).Uuid).Count + Monitor.Health.XidsOf(Gpu(1).Uuid).Count, Is.EqualTo(10_000));
        Assert.That(Logs.Named("DeviceUnhealthy").Count(), Is.EqualTo(2));
        Assert.That(Logs.Named("XidSeen").Count(), Is.LessThanOrEqualTo(10));
        Assert.That(Backend.Enumerations, Is.LessThan(20));
    }

    /// <summary>The pause after the latest attempt to listen has begun.</summary>
    private async Task<LogEntry> NextPauseAsync()
    {
        await Logs.UntilNamedAsync("EventsEnded", Backend.Watches);
        return Logs.Named("EventsEnded").Last();
    }
}

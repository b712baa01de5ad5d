using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>Devices that went away, by themselves or for maintenance.</summary>
internal sealed class MonitorAbsenceTests : MonitorTests
{
    [Test]
    public async Task DriverUnloaded_DevicesStayUnhealthyForTenMinutes()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Backend.Report = NodeReport.Without(DriverState.NotLoaded, "nvmlInit answered DRIVER_NOT_LOADED.");
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        var gone = await stream.NextAsync();
        Assert.That(Usable(gone), Is.EqualTo(new[] { false, false }));
        Assert.That(gone.Devices[0].Health.Description, Does.StartWith("GPU is gone: nvmlInit answered DRIVER_NOT_LOADED; "));

        Time.Advance(DeviceRetention.Limit - TimeSpan.FromSeconds(1));
        var later = await ReportAsync(stream, NodeReport.Without(DriverState.NotLoaded, "still"));
        Assert.That(later.Devices, Is.EqualTo(gone.Devices), "neither removed nor reported again");

        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await ReportAsync(stream, NodeReport.Without(DriverState.NotLoaded, "ever"))).Devices, Is.Empty);
    }

    [Test]
    public async Task DriverThatDoesNotAnswer_ItsGpusAreNotGone_HoweverLongItTakes()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        static NodeReport Hanging(string call) =>
            new(new DriverStatus(DriverState.Failed, $"{call} did not return within 10 s") { IsUnresponsive = true }, []);

        Backend.Report = Hanging("nvmlInit_v2");
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        var inventory = await stream.NextAsync();
        Assert.That(inventory.Devices.Select(device => device.Health.Description), Is.All.EqualTo(
            "driver does not answer: nvmlInit_v2 did not return within 10 s; see the driver's messages in the kernel log; if it lasts, "
            + "reload the driver or reboot the node. Since 2026-11-23T03:00:00Z"));
        Assert.That(
            inventory.Devices.SelectMany(device => device.Health.Labels), Is.All.EqualTo(new CauseLabel("driver_unresponsive")));

        Time.Advance(DeviceRetention.Limit * 2);
        Assert.That((await ReportAsync(stream, Hanging("nvmlDeviceGetCount_v2"))).Devices, Is.EqualTo(inventory.Devices));

        Assert.That(
            (await ReportAsync(stream, NodeReport.Without(DriverState.NotLoaded, "unloaded"))).Devices.Select(device => device.Health.Cause),
            Is.All.EqualTo("GPU is gone: unloaded"));
        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That(Usable(await stream.NextAsync()), Has.All.True);
    }

    [Test]
    public async Task Gpu_UnpluggedAndBack_IsUnhealthyMeanwhile()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Backend.Report = TestGpus.Report(Gpu(0));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { true, false }));

        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { true, true }));
    }

    [Test]
    public async Task Gpu_UnpluggedAfterItsXid_KeepsTheTextThatSaysWhy()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        Raise(1, 79);
        var fallen = (await stream.NextAsync()).Devices[1].Health;

        Backend.Report = TestGpus.Report(Gpu(0), Gpu(2));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        var inventory = await stream.UntilAsync(current => current.Devices.Length == 3);
        Assert.That(inventory.Devices[1].Health.Description, Is.EqualTo(fallen.Description));
        Assert.That(inventory.Devices[1].Health.Labels, Is.EqualTo(new CauseLabel[] { new("xid", 79), new("gpu_gone") }));
    }

    [Test]
    public async Task MigInstance_RemovedByALayoutChange_GoesAtOnce()
    {
        var parent = Gpu(0);
        Backend.Report = TestGpus.Report(
            parent, TestGpus.Instance(parent, 1), TestGpus.Instance(parent, 2), Gpu(1));
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Backend.Report = TestGpus.Report(parent, TestGpus.Instance(parent, 3), Gpu(1));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, parent.Uuid));

        Assert.That(
            (await stream.NextAsync()).Devices.Select(device => device.Id),
            Is.EqualTo(new[] { "MIG-0000-0003", "GPU-00000001" }));
    }

    [Test]
    public async Task MigInstances_OfAGpuThatIsLost_Stay()
    {
        var parent = Gpu(0);
        Backend.Report = TestGpus.Report(parent, TestGpus.Instance(parent, 1), TestGpus.Instance(parent, 2));
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Backend.Report = TestGpus.Report(
            Sick(0, DeviceFaultKind.Lost), TestGpus.Instance(Sick(0, DeviceFaultKind.Lost), 1));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        var inventory = await stream.NextAsync();
        Assert.That(inventory.Devices.Select(device => device.Id), Is.EqualTo(new[] { "MIG-0000-0001", "MIG-0000-0002" }));
        Assert.That(inventory.Devices.Select(device => device.Health.Cause), Has.All.StartsWith("GPU is lost"));
    }

    [Test]
    public async Task MigInstances_OfAGpuThatIsReportedWithoutThem_StayInItsPlace()
    {
        var parent = Gpu(0);
        Backend.Report = TestGpus.Report(parent, TestGpus.Instance(parent, 1), TestGpus.Instance(parent, 2));
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Backend.Report = TestGpus.Report(Sick(0, DeviceFaultKind.Unresponsive));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        var inventory = await stream.NextAsync();
        Assert.That(inventory.Devices.Select(device => device.Id), Is.EqualTo(new[] { "MIG-0000-0001", "MIG-0000-0002" }));
        Assert.That(Usable(inventory), Has.All.False);
    }

    [Test]
    public async Task DriverIsLoadedAgain_SearchGoesOn_TheGpusAreNotReadYetAndNotGone()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Backend.Report = TestGpus.Report(Gpu(0)) with { IsPartial = true };
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        var inventory = await stream.NextAsync();
        Assert.That(Usable(inventory), Is.EqualTo(new[] { true, false }));
        Assert.That(inventory.Devices[1].Health.Cause, Is.EqualTo("GPU is not read yet: the search for the GPUs is still going on"));

        // However long it takes.
        Time.Advance(DeviceRetention.Limit * 2);
        await Monitor.RefreshAsync().DefaultTimeout();
        Assert.That(Monitor.Current.Devices, Has.Length.EqualTo(2));
        Backend.Report = TestGpus.Report(Gpu(0));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That((await stream.NextAsync()).Devices[1].Health.Cause, Does.StartWith("GPU is gone"));
    }

    [Test]
    public async Task FirstMessage_SomethingBesidesTheDriverDoesNotAnswer_HasTheGpusAndOffersNone()
    {
        var gate = new TaskCompletionSource<NodeReport>(TaskCreationOptions.RunContinuationsAsynchronously);
        var isAttended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Monitor.Configure(Settings(HealthPolicy.Default) with
        {
            Attend = (_, _) =>
            {
                isAttended.TrySetResult();
                return gate.Task;
            },
        });
        await using var stream = new InventoryStream(Monitor);
        var first = stream.NextAsync();
        await isAttended.Task.DefaultTimeout();

        Time.Advance(InventoryMonitor.FirstMessageDeadline);

        Assert.That(Usable(await first), Is.EqualTo(new[] { false, false }));
        Assert.That((await first).Devices[0].Obstacle, Is.EqualTo("it has not been examined yet"));
        Assert.That(Logs.Named("FirstEnumerationIsLate").Single().Message, Does.Contain("(2)"));
        gate.SetResult(Backend.Report);
        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { true, true }));
    }

    [Test]
    public async Task IgnoredId_OfAGpuThatIsNotFoundYet_IsNoMistake()
    {
        Backend.Report = TestGpus.Report(Gpu(0)) with { IsPartial = true };
        Monitor.Configure(Settings(HealthPolicy.Default) with { Filter = new DeviceFilter([Gpu(1).Uuid, "GPU-of-nobody"]) });
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        Assert.That(Logs.Named("IgnoredIdIsUnknown"), Is.Empty);

        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1));
        await Monitor.RefreshAsync().DefaultTimeout();
        Assert.That(Logs.Named("IgnoredIdIsUnknown").Single().Message, Does.Contain("GPU-of-nobody"));
    }

    [Test]
    public async Task Maintenance_LetsGoOfTheDriverAndListsTheDevicesForAsLongAsItTakes()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        MaintenanceText = "driver upgrade";
        Time.Advance(InventoryMonitor.MaintenancePoll);
        var during = await stream.NextAsync();
        Assert.That(during.Driver.State, Is.EqualTo(DriverState.Maintenance));
        Assert.That(during.Devices.Select(device => device.Health.Description), Has.All.EqualTo(
            "maintenance: driver upgrade; remove the maintenance file when the work is done. Since 2026-11-23T03:00:02Z"));
        var next = stream.NextAsync();
        var enumerations = Backend.Enumerations;
        for (var i = 0; i < 100; i++)
        {
            Time.Advance(TimeSpan.FromHours(1));
        }

        Assert.That(Monitor.Current.Devices, Is.EqualTo(during.Devices));
        Assert.That(Backend.Enumerations, Is.EqualTo(enumerations), "the driver is left alone");

        MaintenanceText = null;
        Time.Advance(InventoryMonitor.MaintenancePoll);
        Assert.That(Usable(await next), Is.EqualTo(new[] { true, true }));
        Assert.That(Backend.IsReleased, Is.True);
    }

    [Test]
    public async Task Maintenance_DriverIsStillAwayAfterwards_TheTimeCountsFromThen()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        MaintenanceText = "";
        Time.Advance(InventoryMonitor.MaintenancePoll);
        Assert.That((await stream.NextAsync()).Devices[0].Health.Cause, Is.EqualTo("maintenance"));
        Time.Advance(TimeSpan.FromHours(5));

        Backend.Report = NodeReport.Without(DriverState.NotLoaded, "no driver");
        MaintenanceText = null;
        Time.Advance(InventoryMonitor.MaintenancePoll);

        var inventory = await stream.UntilAsync(current => current.Driver.State == DriverState.NotLoaded);
        Assert.That(inventory.Devices.Select(device => device.Health.Cause), Has.All.EqualTo("GPU is gone: no driver"));
    }

    [Test]
    public async Task Maintenance_OfDevicesThatWereMissingAlready_TheTimeBeginsAgainAfterwards()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        await ReportAsync(stream, NodeReport.Without(DriverState.NotLoaded, "before"));
        Time.Advance(DeviceRetention.Limit - TimeSpan.FromSeconds(5));
        MaintenanceText = "";
        Time.Advance(InventoryMonitor.MaintenancePoll);
        await stream.UntilAsync(current => current.Driver.State == DriverState.Maintenance);
        Time.Advance(TimeSpan.FromHours(5));

        Backend.Report = NodeReport.Without(DriverState.NotLoaded, "after");
        MaintenanceText = null;
        Time.Advance(InventoryMonitor.MaintenancePoll);

        var inventory = await stream.UntilAsync(current => current.Driver.State == DriverState.NotLoaded);
        Assert.That(inventory.Devices.Select(device => device.Health.Cause), Has.Exactly(2).EqualTo("GPU is gone: after"));
    }

    [Test]
    public void Retention_Disabled_OffersNothingOfAnEarlierProcess()
    {
        var retention = new DeviceRetention(Time);
        retention.Expect([Gpu(0)]);

        Assert.That(retention.Apply(NodeReport.Without(DriverState.Disabled, "enabled = false")), Is.Empty);
        Assert.That(retention.Keeps(Gpu(0).Uuid), Is.False);
    }

    [Test]
    public async Task Maintenance_BeforeTheFirstStream_TheDriverIsNeverTouched()
    {
        MaintenanceText = "";
        await using var stream = new InventoryStream(Monitor);

        var inventory = await stream.NextAsync();

        Assert.That(inventory.Devices, Is.Empty);
        Assert.That(inventory.Driver.State, Is.EqualTo(DriverState.Maintenance));
        Assert.That(Backend.Enumerations, Is.Zero);
    }

    /// <summary>What is made of a report without devices; its reason must be a new one.</summary>
    private Task<Inventory> ReportAsync(InventoryStream stream, NodeReport report)
    {
        Backend.Report = report;
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        return stream.UntilAsync(current => current.Driver.Reason == report.Driver.Reason);
    }

    [Test]
    public async Task Instances_OfOneGpuInstance_AreCountedAlsoWhenHiddenOrLost()
    {
        var parent = Gpu(0) with { Facts = Gpu(0).Facts with { MigMode = true } };
        var first = TestGpus.Instance(parent, 1, "1c.3g.40gb");
        var second = first with { Uuid = "MIG-0000-0001-1", Mig = first.Mig! with { ComputeInstanceId = 1 } };
        var alone = TestGpus.Instance(parent, 2);
        Backend.Report = TestGpus.Report(parent, first, second, alone, Gpu(1));
        Monitor.Configure(Settings(HealthPolicy.Default) with { Filter = new DeviceFilter([second.Uuid]) });
        await using var stream = new InventoryStream(Monitor);

        Assert.That(Counts(await stream.NextAsync()), Is.EqualTo(
            new (string, int?)[] { (first.Uuid, 2), (alone.Uuid, 1), (Gpu(1).Uuid, null) }));

        Backend.Report = TestGpus.Report(
            parent with { Fault = new DeviceFault(DeviceFaultKind.Lost, "seen") }, first, Gpu(1));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That(Counts(await stream.NextAsync()), Has.Member(((string, int?))(first.Uuid, 2)), "a lost one may return");

        Backend.Report = TestGpus.Report(parent, first, alone, Gpu(1));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That(
            Counts(await stream.UntilAsync(current => current.Devices[0].ComputeInstances == 1)),
            Has.Member(((string, int?))(first.Uuid, 1)), "it was destroyed");

        static IEnumerable<(string, int?)> Counts(Inventory inventory) =>
            inventory.Devices.Select(device => (device.Id, device.ComputeInstances));
    }
}

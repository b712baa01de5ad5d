using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>A survey: causes are shown and withhold nothing. What no task could use stays withheld.</summary>
internal sealed class ObserveOnlyTests : MonitorTests
{
    private static readonly HealthPolicy Survey = new() { ObserveOnly = true };

    [Test]
    public async Task Xid_IsShownAndCounted_AndTheGpuIsOfferedAndReserved()
    {
        Configure(Survey);
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Raise(1, 79);

        var health = (await stream.NextAsync()).Devices[1].Health;
        Assert.That(health.State, Is.EqualTo(HealthState.Reported));
        Assert.That(health.IsUsable);
        Assert.That(health.Description, Is.EqualTo(
            "not withheld: XID 79: GPU has fallen off the bus; reboot the node. Since 2026-11-23T03:00:00Z"));
        Assert.That(health.Labels, Is.EqualTo(new[] { new CauseLabel("xid", 79) { IsWithheld = false } }));
        Assert.That(Monitor.Health.XidsOf(Gpu(1).Uuid).Count, Is.EqualTo(1));
        Assert.That(new Reserver(Monitor).Reserve([Gpu(1).Uuid]).Environment, Is.Not.Empty);
        Assert.That(Logs.Named("CauseReported").Single().Message, Is.EqualTo(
            $"Device \"{Gpu(1).Uuid}\" stays offered to Nomad, not withheld: XID 79: GPU has fallen off the bus; reboot the node. "
            + "Since 2026-11-23T03:00:00Z."));
        Assert.That(Logs.Named("DeviceUnhealthy"), Is.Empty);
    }

    [Test]
    public async Task EveryFaultButALostGpu_IsOnlyReported([Values] DeviceFaultKind kind)
    {
        Configure(Survey);
        Backend.Report = TestGpus.Report(Sick(0, kind), Gpu(1)) with { Age = new DriverAge(TimeSpan.FromDays(1), TimeSpan.FromDays(2)) };
        await using var stream = new InventoryStream(Monitor);

        var health = (await stream.NextAsync()).Devices[0].Health;

        Assert.That(health.State, Is.EqualTo(kind == DeviceFaultKind.Lost ? HealthState.Unhealthy : HealthState.Reported));
        Assert.That(health.Labels.Single().Word, Is.EqualTo(FaultTable.Find(kind).Word));
    }

    [Test]
    public async Task GpuThatIsGone_IsUnhealthy_AndSaysWhatWasWrongBefore()
    {
        Configure(Survey);
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        Raise(1, 79);
        await stream.NextAsync();

        Backend.Report = TestGpus.Report(Gpu(0));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        var health = (await stream.UntilAsync(now => !now.Devices[1].Health.IsUsable)).Devices[1].Health;
        Assert.That(health.Description, Does.StartWith("GPU is gone: the driver no longer lists it; "));
        Assert.That(health.Description, Does.Contain(". not withheld: XID 79: "));
        Assert.That(health.Labels.Select(label => label.Word), Is.EqualTo(new[] { "gpu_gone", "xid" }));
        Assert.That(() => new Reserver(Monitor).Reserve([Gpu(1).Uuid]), Throws.TypeOf<ReservationException>());
    }

    [Test]
    public async Task GpuThatNothingIsKnownOf_OrWhoseInstancesCannotBeSeen_IsUnhealthy()
    {
        Configure(Survey);
        Backend.Report = TestGpus.Report(
            Sick(0, DeviceFaultKind.CallFailed) with { Facts = GpuFacts.None },
            Sick(1, DeviceFaultKind.Unresponsive) with { Facts = TestGpus.Gpu(1).Facts with { MigMode = true } });
        await using var stream = new InventoryStream(Monitor);

        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { false, false }));
    }

    [Test]
    public async Task GpuWhoseInstancesCannotBeSeen_IsNotOfferedWhole_WithoutAnyJudgement()
    {
        Configure(new HealthPolicy { Enabled = false });
        Backend.Report = TestGpus.Report(
            Gpu(0), Sick(1, DeviceFaultKind.RemapPending) with { Facts = TestGpus.Gpu(1).Facts with { MigMode = true } });
        await using var stream = new InventoryStream(Monitor);

        Assert.That((await stream.NextAsync()).Devices.Select(device => device.Id), Is.EqualTo(new[] { Gpu(0).Uuid }));
    }

    [Test]
    public async Task Cordon_AndObstacle_AreToldFirst_AndHold()
    {
        Cordons = new CordonStore(() => CordonRecord.Empty, _ => null);
        Configure(Survey);
        Backend.Report = TestGpus.Report(
            Sick(0, DeviceFaultKind.RemapPending),
            Sick(1, DeviceFaultKind.RemapPending) with { Obstacle = "two GPUs say that they are it" });
        await using var stream = new InventoryStream(Monitor);
        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { true, false }));

        await new GpuOperator(Monitor, Time).DoAsync(
            new OperatorRequest(OperatorVerb.Cordon, ["0"], "root", Time.GetUtcNow()) { Reason = "RMA" }, CancellationToken.None);

        var devices = (await stream.NextAsync()).Devices;
        Assert.That(devices[0].Health.Description, Does.StartWith("cordoned by root since 2026-11-23T03:00:00Z: RMA. not withheld: "));
        Assert.That(devices[0].Health.Labels.Select(label => (label.Word, label.IsWithheld)), Is.EqualTo(
            [("cordoned", true), ("row_remap_pending", false)]));
        Assert.That(devices[1].Health.Description, Does.StartWith("cannot be handed to a task: two GPUs say"));
        Assert.That(
            () => new Reserver(Monitor).Reserve([Gpu(0).Uuid]), Throws.TypeOf<ReservationException>().With.Message.Contains("RMA"));
    }

    [Test]
    public async Task Maintenance_Holds()
    {
        Configure(Survey);
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        Raise(1, 79);
        await stream.NextAsync();

        MaintenanceText = "upgrade";
        var next = stream.UntilAsync(now => now.Devices.All(device => !device.Health.IsUsable));
        Time.Advance(InventoryMonitor.MaintenancePoll);

        Assert.That((await next).Devices.Select(device => device.Health.Labels.Single().Word), Is.All.EqualTo("maintenance"));
    }

    [Test]
    public async Task EndOfTheSurvey_WithholdsWhatStillStands_AndTheOtherWayRound()
    {
        Configure(Survey);
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        Raise(1, 79);
        var reported = (await stream.NextAsync()).Devices[1].Health;

        Configure(HealthPolicy.Default);
        var withheld = (await stream.UntilAsync(now => !now.Devices[1].Health.IsUsable)).Devices[1].Health;
        Assert.That(reported.Description, Is.EqualTo($"not withheld: {withheld.Description}"));

        Configure(Survey);
        await stream.UntilAsync(now => now.Devices[1].Health.IsUsable);
        Assert.That(Logs.Named("DeviceOfferedAgain").Single().Message, Does.Contain("is offered to Nomad again, not withheld: XID 79"));
        Assert.That(Logs.Named("DeviceHealthy"), Is.Empty, "it is not");
    }

    [Test]
    public async Task List_MarksCausesAndTellsOfTheException()
    {
        Configure(Survey);
        Backend.Report = TestGpus.Report(Sick(0, DeviceFaultKind.RemapPending), Sick(1, DeviceFaultKind.Lost));
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        var answer = await new GpuOperator(Monitor, Time).DoAsync(
            new OperatorRequest(OperatorVerb.ListHealth, [], "root", Time.GetUtcNow()), CancellationToken.None);

        Assert.That(answer.Gpus.Select(gpu => (gpu.State, gpu.Causes.Single().IsWithheld)), Is.EqualTo([("reported", false), ("unhealthy", true)]));
        Assert.That(answer.Gpus[0].Words, Is.EqualTo(new[] { "row_remap_pending" }));
        Assert.That(answer.Exceptions, Is.EqualTo(new[] { new HealthExemption("observe_only", "true") }));
    }

    [Test]
    public async Task Unmonitored_BesidesACause_IsToldAfterIt()
    {
        Configure(Survey);
        Backend.Report = TestGpus.Report(Sick(0, DeviceFaultKind.RemapPending) with { Unmonitored = "no events" }, Gpu(1));
        await using var stream = new InventoryStream(Monitor);

        var health = (await stream.NextAsync()).Devices[0].Health;

        Assert.That(health.State, Is.EqualTo(HealthState.Reported));
        Assert.That(health.Labels.Select(label => label.Word), Is.EqualTo(new[] { "row_remap_pending", "unmonitored" }));
    }
}

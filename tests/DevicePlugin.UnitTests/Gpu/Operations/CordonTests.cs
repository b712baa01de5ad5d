using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Gpu.Inventories;

namespace DevicePlugin.UnitTests.Gpu.Operations;

/// <summary>What an operator does to the GPUs of a monitor that runs.</summary>
internal sealed class CordonTests : MonitorTests
{
    private const string Text = "cordoned by root since 2026-11-23T03:00:00Z: RMA-1";

    private CordonRecord _record = CordonRecord.Empty;
    private string? _saveFailure;

    private GpuOperator Operator => new(Monitor, Time);

    [Test]
    public async Task Cordon_WhateverTheSwitches_IsUnhealthyAndRefused()
    {
        await using var stream = await StartAsync(new HealthPolicy { Enabled = false });

        var answer = await AskAsync(OperatorVerb.Cordon, "0");

        Assert.That(answer.Gpus.Single().Done, Is.EqualTo(Text));
        var inventory = await stream.NextAsync();
        Assert.That(Usable(inventory), Is.EqualTo([false, true]));
        Assert.That(inventory.Devices[0].Health.Description, Is.EqualTo(Text));
        var reserver = new Reserver(Monitor);
        reserver.Configure(new ReservationPolicy { AllowUnhealthy = true });
        Assert.That(
            () => reserver.Reserve([Gpu(0).Uuid]), Throws.TypeOf<ReservationException>().With.Message.Contains(Text));
        Assert.That(_record.Cordons.Select(cordon => cordon.Gpu), Is.EqualTo([Gpu(0).Uuid]), "kept");

        await AskAsync(OperatorVerb.Uncordon, Gpu(0).Uuid);
        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo([true, true]));
        Assert.That(_record.Cordons, Is.Empty);
    }

    [Test]
    public async Task Cordon_TakesTheInstancesAlong()
    {
        Backend.Report = TestGpus.Report(Gpu(0), TestGpus.Instance(Gpu(0), 1), TestGpus.Instance(Gpu(0), 2), Gpu(1));
        await using var stream = await StartAsync(HealthPolicy.Default);

        await AskAsync(OperatorVerb.Cordon, "0");

        Assert.That(Usable(Monitor.Current), Is.EqualTo([false, false, true]));
    }

    [Test]
    public async Task Cordon_FollowsTheBoardByItsSerialNumber_AndNotTheSlot()
    {
        Backend.Report = TestGpus.Report(Board(0, "A"), Board(1, "B"));
        await using var stream = await StartAsync(HealthPolicy.Default);
        await AskAsync(OperatorVerb.Cordon, "0");
        await stream.NextAsync();

        // Board A is in the other slot, where it got another UUID; a new board has its slot.
        Backend.Report = TestGpus.Report(Board(2, "C"), Board(3, "A"));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        var inventory = await stream.UntilAsync(seen => seen.Find(Gpu(3).Uuid) is not null);

        Assert.That(inventory.Find(Gpu(2).Uuid)!.Health.IsUsable, Is.True);
        Assert.That(inventory.Find(Gpu(3).Uuid)!.Health.Description, Is.EqualTo(Text));
    }

    [Test]
    public async Task Cordon_OfASickGpu_IsToldAfterItsCause_AndAgainKeepsItsDate()
    {
        Backend.Report = TestGpus.Report(Sick(0, DeviceFaultKind.RemapFailed), Gpu(1));
        await using var stream = await StartAsync(HealthPolicy.Default);
        await AskAsync(OperatorVerb.Cordon, "0");
        Time.Advance(TimeSpan.FromMinutes(1));

        var answer = await AskAsync(OperatorVerb.Cordon, "0", "RMA-2");

        Assert.That(answer.Gpus.Single().Done, Is.EqualTo(Text.Replace("RMA-1", "RMA-2") + "; the reason was: RMA-1"));
        Assert.That(Monitor.Current.Devices[0].Health.Description, Does.StartWith("row remap failed").And.Contains("RMA-2"));
        var twice = await AskAsync(OperatorVerb.Cordon, "0", "RMA-2");
        Assert.That(twice.Gpus.Single().Done, Is.Null);
    }

    [Test]
    public async Task Cordon_ThatCannotBeKept_IsNotInForce()
    {
        await using var stream = await StartAsync(HealthPolicy.Default);
        _saveFailure = "the disk is full";

        var answer = await AskAsync(OperatorVerb.Cordon, "0");

        Assert.That(answer.Problem, Is.EqualTo("the disk is full"));
        Assert.That(Usable(Monitor.Current), Is.EqualTo([true, true]));
    }

    [Test]
    public async Task Record_ThatCannotBeRead_LeavesNoGpuInService()
    {
        _record = CordonRecord.Empty with { Problem = "the file is torn" };
        await using var stream = await StartAsync(HealthPolicy.Default);

        Assert.That(Usable(Monitor.Current), Is.All.False);
        Assert.That(Monitor.Current.Devices[0].Health.Description, Is.EqualTo("may be cordoned: the file is torn"));
        Assert.That((await AskAsync(OperatorVerb.Uncordon, "0")).Problem, Is.EqualTo("the file is torn"));
    }

    [Test]
    public async Task Record_ThatIsCorrected_IsTakenUp_AndOneThatIsGoneIsWrittenAgain()
    {
        _record = CordonRecord.Empty with { Problem = "the file is torn" };
        await using var stream = await StartAsync(HealthPolicy.Default);
        var edited = new CordonRecord([new Cordon(Gpu(1).Uuid, "by hand", "root", Time.GetUtcNow())]);

        _record = edited;
        Operator.Reload(mayWrite: true);
        Assert.That(Usable(Monitor.Current), Is.EqualTo([true, false]));

        _record = CordonRecord.Empty with { IsMissing = true };
        Operator.Reload(mayWrite: false);
        Assert.That(Usable(Monitor.Current), Is.EqualTo([true, false]), "nobody lifted it");
        Assert.That(_record.Cordons, Is.Empty, "another process holds the records");
        Operator.Reload(mayWrite: true);
        Assert.That(_record.Cordons, Is.EqualTo(edited.Cordons));
    }

    [Test]
    public async Task Record_ThatIsEditedWhileThePluginRuns_IsNotOverwritten()
    {
        await using var stream = await StartAsync(HealthPolicy.Default);
        _record = new CordonRecord([new Cordon(Gpu(1).Uuid, "by hand", "root", Time.GetUtcNow())]);

        await AskAsync(OperatorVerb.Cordon, "0");
        Assert.That(Usable(Monitor.Current), Is.All.False);
        Assert.That(_record.Cordons, Has.Length.EqualTo(2));

        _record = CordonRecord.Empty with { Problem = "the file is torn" };
        Assert.That((await AskAsync(OperatorVerb.Uncordon, "0")).Problem, Is.EqualTo("the file is torn"));
        Operator.Reload(mayWrite: true);
        Assert.That(Usable(Monitor.Current), Is.All.False, "what was in force stays so");
    }

    [Test]
    public async Task Cordon_OneNameIsWrong_ChangesNothing()
    {
        await using var stream = await StartAsync(HealthPolicy.Default);

        var answer = await Operator.DoAsync(
            new OperatorRequest(OperatorVerb.Cordon, ["0", "9"], "root", Time.GetUtcNow()) { Reason = "x" }, default);

        Assert.That(answer.Problem, Does.StartWith("\"9\" names no GPU"));
        Assert.That(_record.Cordons, Is.Empty);
    }

    [Test]
    public async Task Clear_EndsPastXids_AndAFaultThatStandsStays()
    {
        await using var stream = await StartAsync(HealthPolicy.Default);
        Backend.Report = TestGpus.Report(Sick(0, DeviceFaultKind.RemapPending), Gpu(1));
        Raise(0, 79);
        await stream.UntilAsync(seen => seen.Devices[0].Health.Causes.Length == 2);

        var answer = await AskAsync(OperatorVerb.ClearHealth, "0");

        Assert.That(
            answer.Gpus.Single().Done,
            Does.StartWith("cleared: XID 79: GPU has fallen off the bus. still there: row remap or page retirement pending"));
        Assert.That(answer.Gpus.Single().Causes.Select(cause => cause.Word), Is.EqualTo(["row_remap_pending"]));
        Assert.That(Monitor.Current.Devices[0].Health.Causes, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Clear_WhileTheHardwareHangs_SaysThatNoProbeEnded()
    {
        await using var stream = await StartAsync(HealthPolicy.Default);
        Raise(0, 79);
        await stream.UntilAsync(seen => !seen.Devices[0].Health.IsUsable);
        Backend.Gate = new TaskCompletionSource().Task;

        var asked = AskAsync(OperatorVerb.ClearHealth, OperatorRequest.All);
        Time.Advance(GpuOperator.ProbeLimit);

        Assert.That((await asked.DefaultTimeout()).Gpus[0].Done, Does.EndWith("no probe ended within 6 s, what it still sees comes back"));
    }

    [TestCase(null)]
    [TestCase(true)]
    public async Task Maintenance_ThatDeclaresAReset_EndsWhatAResetEnds(bool? recoveryNeeded)
    {
        // A driver without the recovery action, which cannot say that the GPU was reset.
        var gpu = Gpu(0) with { RecoveryNeeded = null };
        Backend.Report = TestGpus.Report(gpu, Gpu(1));
        await using var stream = await StartAsync(HealthPolicy.Default);
        Raise(0, 119);
        await stream.UntilAsync(seen => !seen.Devices[0].Health.IsUsable);
        Time.Advance(TimeSpan.FromMinutes(1));

        await MaintainAsync(stream, "driver upgrade");
        Assert.That(Usable(Monitor.Current), Is.EqualTo([false, true]), "the end of maintenance clears nothing by itself");

        Backend.Report = TestGpus.Report(gpu with { RecoveryNeeded = recoveryNeeded }, Gpu(1));
        await MaintainAsync(stream, "reset");
        Assert.That(
            Usable(Monitor.Current), Is.EqualTo([recoveryNeeded is null, true]), "the driver's own word goes first");
    }

    [Test]
    public async Task Maintenance_ThatDeclaresAReset_DoesNotCoverWhatComesWhileTheDriverIsOpened()
    {
        var gpu = Gpu(0) with { RecoveryNeeded = null };
        Backend.Report = TestGpus.Report(gpu, Gpu(1));
        await using var stream = await StartAsync(HealthPolicy.Default);
        MaintenanceText = "reset";
        Time.Advance(InventoryMonitor.MaintenancePoll);
        await stream.UntilAsync(seen => seen.Driver.State == DriverState.Maintenance);

        // Events are not read after the release, so this one arrives when the driver is opened again.
        await Backend.Released.DefaultTimeout();
        Raise(0, 119);
        MaintenanceText = null;
        Time.Advance(InventoryMonitor.MaintenancePoll);
        await stream.UntilAsync(seen => seen.Driver.IsLoaded && !seen.Devices[0].Health.IsUsable);
        Time.Advance(TimeSpan.FromMinutes(1));
        await Monitor.RefreshAsync().DefaultTimeout();

        Assert.That(Usable(Monitor.Current), Is.EqualTo([false, true]));
    }

    [Test]
    public async Task Clear_UnderMaintenance_SaysThatNothingWasProbed()
    {
        await using var stream = await StartAsync(HealthPolicy.Default);
        Raise(0, 79);
        await stream.UntilAsync(seen => !seen.Devices[0].Health.IsUsable);
        MaintenanceText = "work";
        Time.Advance(InventoryMonitor.MaintenancePoll);
        await stream.UntilAsync(seen => seen.Driver.State == DriverState.Maintenance);

        var answer = await AskAsync(OperatorVerb.ClearHealth, "0");

        Assert.That(
            answer.Gpus.Single().Done,
            Does.StartWith("cleared: XID 79").And.EndsWith("the driver is not in use, what the next probe still sees comes back"));
    }

    [Test]
    public async Task Cordon_BeforeTheFirstReport_WaitsForIt()
    {
        var gate = new TaskCompletionSource();
        Backend.Gate = gate.Task;
        Configure(HealthPolicy.Default);
        await using var stream = new InventoryStream(Monitor);
        var first = stream.NextAsync();
        await Backend.NextEnumeration();

        var asked = AskAsync(OperatorVerb.Cordon, "0");
        gate.SetResult();
        await first;

        Assert.That((await asked.DefaultTimeout()).Gpus.Single().Done, Is.EqualTo(Text));
    }

    [Test]
    public async Task Cordon_BeforeTheFirstReport_ThatDoesNotCome_IsRefused()
    {
        Backend.Gate = new TaskCompletionSource().Task;
        Configure(HealthPolicy.Default);
        await using var stream = new InventoryStream(Monitor);
        _ = stream.NextAsync();
        await Backend.NextEnumeration();

        var asked = AskAsync(OperatorVerb.Cordon, "0");
        Time.Advance(GpuOperator.ProbeLimit);

        Assert.That((await asked.DefaultTimeout()).Problem, Does.StartWith("the plugin has not read the GPUs yet"));
    }

    [Test]
    public async Task Uncordon_OfABoardThatWasCordonedUnderTwoUuids_LiftsBoth()
    {
        Backend.Report = TestGpus.Report(Board(0, "A"), Board(1, "B"));
        _record = new CordonRecord(
        [
            new Cordon("GPU-former", "old", "root", Time.GetUtcNow()) { BoardSerial = "A" },
            new Cordon(Gpu(0).Uuid, "new", "root", Time.GetUtcNow()) { BoardSerial = "A" },
        ]);
        await using var stream = await StartAsync(HealthPolicy.Default);

        await AskAsync(OperatorVerb.Uncordon, "0");

        Assert.That(Usable(Monitor.Current), Is.EqualTo([true, true]));
        Assert.That(_record.Cordons, Is.Empty);
    }

    private static GpuDevice Board(int n, string serial)
    {
        var gpu = Gpu(n);
        return gpu with { Facts = gpu.Facts with { BoardSerial = serial } };
    }

    private async Task MaintainAsync(InventoryStream stream, string text)
    {
        MaintenanceText = text;
        Time.Advance(InventoryMonitor.MaintenancePoll);
        await stream.UntilAsync(seen => seen.Driver.State == DriverState.Maintenance);
        MaintenanceText = null;
        Time.Advance(InventoryMonitor.MaintenancePoll);
        await stream.UntilAsync(seen => seen.Driver.IsLoaded);
    }

    private async Task<InventoryStream> StartAsync(HealthPolicy policy)
    {
        Cordons = new CordonStore(() => _record, record =>
        {
            _record = _saveFailure is null ? record : _record;
            return _saveFailure;
        });
        Configure(policy);
        var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        return stream;
    }

    private Task<OperatorAnswer> AskAsync(OperatorVerb verb, string gpu, string reason = "RMA-1") =>
        Operator.DoAsync(new OperatorRequest(verb, [gpu], "root", Time.GetUtcNow()) { Reason = reason }, default);
}

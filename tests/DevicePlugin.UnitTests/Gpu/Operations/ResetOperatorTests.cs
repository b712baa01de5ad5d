using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Gpu.Inventories;

namespace DevicePlugin.UnitTests.Gpu.Operations;

/// <summary>A monitor's part in the reset of a GPU, which another process does.</summary>
internal sealed class ResetOperatorTests : MonitorTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private CordonRecord _record = CordonRecord.Empty;
    private bool _isResetting = true;

    private GpuOperator Operator => new(Monitor, Time)
    {
        Resets = new ResetParts(42, _ => _isResetting, Logs.CreateLogger(nameof(GpuOperator))),
    };

    [Test]
    public async Task Begin_CordonsAndClosesTheDriver_AndTheOtherGpusStayAsTheyAre()
    {
        await using var stream = await StartAsync();

        var answer = await AskAsync(OperatorVerb.BeginReset);

        Assert.That(answer.Problem, Is.Null);
        Assert.That(answer.Reset, Is.EqualTo(new ResetState(42, 0) { IsReleased = true }));
        Assert.That(answer.Gpus.Single().Done, Does.EndWith("nomad-device-gpu reset: running, process 7"));
        Assert.That(Backend.IsReleased);
        Assert.That(Usable(Monitor.Current), Is.EqualTo([false, true]));
        Assert.That(Monitor.Current.Driver.IsLoaded, "nothing is said of the other GPUs");

        var enumerations = Backend.Enumerations;
        await Monitor.RefreshAsync().DefaultTimeout();
        Assert.That(Backend.Enumerations, Is.EqualTo(enumerations), "the hardware is not touched");
    }

    [Test]
    public async Task End_OfAResetThatHealed_UncordonsAndTheCausesAreOver()
    {
        // A driver that cannot say that a GPU was reset.
        Backend.Report = TestGpus.Report(Gpu(0) with { RecoveryNeeded = null }, Gpu(1));
        await using var stream = await StartAsync();
        Raise(0, 119);
        await stream.UntilAsync(seen => !seen.Devices[0].Health.IsUsable);
        Time.Advance(TimeSpan.FromMinutes(1));
        await AskAsync(OperatorVerb.BeginReset);

        var answer = await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done);

        Assert.That(answer.Reset!.IsFit);
        Assert.That(answer.Gpus.Single().Done, Does.StartWith("uncordoned; it was cordoned by root"));
        Assert.That(Usable(Monitor.Current), Is.All.True);
        Assert.That(_record.Cordons, Is.Empty);
        Assert.That(Logs.Named("GpuWasReset"), Has.One.Items);
    }

    [Test]
    public async Task End_OfAResetThatDidNotHeal_LeavesItCordoned_UntilALaterProbePasses()
    {
        Backend.Report = TestGpus.Report(Sick(0, DeviceFaultKind.RecoveryNeeded), Gpu(1));
        await using var stream = await StartAsync();
        await AskAsync(OperatorVerb.BeginReset);

        var answer = await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done, "done, and it has not passed a probe");
        Assert.That(answer.Reset!.IsFit, Is.False);
        Assert.That(_record.Cordons.Single().Reason, Is.EqualTo("nomad-device-gpu reset: done, and it has not passed a probe"));

        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1));
        answer = await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done, isRepeated: true);
        Assert.That(answer.Reset!.IsFit);
        Assert.That(_record.Cordons, Is.Empty);
    }

    [Test]
    public async Task End_AskedForAgainBecauseTheAnswerWasLate_DoesNotEndWhatHappenedSince()
    {
        Backend.Report = TestGpus.Report(Gpu(0) with { RecoveryNeeded = null }, Gpu(1));
        await using var stream = await StartAsync();
        await AskAsync(OperatorVerb.BeginReset);
        await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done);
        Raise(0, 119);
        await stream.UntilAsync(seen => !seen.Devices[0].Health.IsUsable);
        Time.Advance(TimeSpan.FromMinutes(1));

        var answer = await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done);

        Assert.That(answer.Reset!.IsFit, Is.False);
        Assert.That(answer.Gpus.Single().Causes.Single().Xid, Is.EqualTo(119));
    }

    [Test]
    public async Task End_WithHealthSwitchedOff_DoesNotTakeASickGpuForFit()
    {
        Backend.Report = TestGpus.Report(Sick(0, DeviceFaultKind.RecoveryNeeded), Gpu(1));
        await using var stream = await StartAsync(new HealthPolicy { Enabled = false });
        await AskAsync(OperatorVerb.BeginReset);

        var answer = await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done);

        Assert.That(answer.Reset!.IsFit, Is.False);
        Assert.That(_record.Cordons, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task End_GpuThatIsNotThereOrNotRead_IsNotFit()
    {
        await using var stream = await StartAsync();
        await AskAsync(OperatorVerb.BeginReset);

        Backend.Report = TestGpus.Report(Gpu(1));
        Assert.That((await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done)).Reset!.IsFit, Is.False);
        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1)) with { Unread = [Gpu(0).Uuid] };
        Assert.That((await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done, isRepeated: true)).Reset!.IsFit, Is.False);
        Assert.That(_record.Cordons, Has.Length.EqualTo(1));
    }

    [TestCase(ResetOutcome.Failed, true)]
    [TestCase(ResetOutcome.NotTried, false)]
    public async Task End_WithoutAReset_EndsNoCause_AndKeepsTheCordonWhereItWasTried(ResetOutcome outcome, bool isCordoned)
    {
        Backend.Report = TestGpus.Report(Gpu(0) with { RecoveryNeeded = null }, Gpu(1));
        await using var stream = await StartAsync();
        Raise(0, 119);
        await stream.UntilAsync(seen => !seen.Devices[0].Health.IsUsable);
        Time.Advance(TimeSpan.FromMinutes(1));
        await AskAsync(OperatorVerb.BeginReset);

        var answer = await AskAsync(OperatorVerb.EndReset, outcome, "in use");

        Assert.That(answer.Gpus.Single().Causes.Single().Xid, Is.EqualTo(119));
        Assert.That(_record.Cordons.Any(cordon => cordon.Reason == "nomad-device-gpu reset: in use"), Is.EqualTo(isCordoned));
        Assert.That(_record.Cordons.Any(), Is.EqualTo(isCordoned));
    }

    [Test]
    public async Task Reset_UnderSomebodysCordon_KeepsThat()
    {
        var theirs = new Cordon(Gpu(0).Uuid, "RMA-1", "alice", Time.GetUtcNow());
        _record = new CordonRecord([theirs]);
        await using var stream = await StartAsync();

        await AskAsync(OperatorVerb.BeginReset);
        Assert.That(_record.Cordons, Is.EqualTo([theirs]));
        var answer = await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done);

        Assert.That(answer.Reset!.IsFit);
        Assert.That(_record.Cordons, Is.EqualTo([theirs]));
    }

    [Test]
    public async Task Reset_OfAGpuThatAnOperatorCordonsMeanwhile_KeepsThatCordon()
    {
        await using var stream = await StartAsync();
        await AskAsync(OperatorVerb.BeginReset);
        await Operator.DoAsync(
            new OperatorRequest(OperatorVerb.Cordon, ["0"], "alice", Time.GetUtcNow()) { Reason = "RMA-1" }, default);

        await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done);

        Assert.That(_record.Cordons.Single().Reason, Is.EqualTo("RMA-1"));
    }

    [Test]
    public async Task Uncordon_OfAGpuThatIsBeingReset_IsRefused_AndOthersCanBeUncordoned()
    {
        var theirs = new Cordon(Gpu(1).Uuid, "RMA-1", "alice", Time.GetUtcNow());
        _record = new CordonRecord([theirs]);
        await using var stream = await StartAsync();
        await AskAsync(OperatorVerb.BeginReset);

        var answer = await UncordonAsync("0", "1");
        Assert.That(answer.Problem, Is.EqualTo($"GPU \"{Gpu(0).Uuid}\" is being reset by process 7; try again when that is over"));
        Assert.That(_record.Cordons, Has.Length.EqualTo(2));
        Assert.That(Usable(Monitor.Current), Is.EqualTo([false, false]));

        Assert.That((await UncordonAsync("1")).Problem, Is.Null);
        await AskAsync(OperatorVerb.EndReset, ResetOutcome.Failed, "nvidia-smi failed");
        Assert.That(Usable(Monitor.Current), Is.EqualTo([false, true]));
        Assert.That((await UncordonAsync("0")).Problem, Is.Null);
        Assert.That(_record.Cordons, Is.Empty);
    }

    [TestCase("running, process 7", true)]
    [TestCase("running again, process 7", true)]
    [TestCase("running, process 8", false)]
    [TestCase("running, process 7 and more", false)]
    [TestCase("nvidia-smi failed", false)]
    public async Task Start_InTheMiddleOfAReset_LeavesTheDriverClosed(string reason, bool isLent)
    {
        await using var stream = await RestartAsync(reason);

        Assert.That(Monitor.Lending.Current?.Gpu, Is.EqualTo(isLent ? Gpu(0).Uuid : null));
        Assert.That(Backend.Enumerations, isLent ? Is.Zero : Is.Not.Zero);
        Assert.That(Monitor.Current.Devices.Select(device => device.Gpu.Uuid), Is.EqualTo([Gpu(0).Uuid, Gpu(1).Uuid]), "their tasks would fail");
        Assert.That(Usable(Monitor.Current), Is.EqualTo([false, !isLent]));
        Assert.That((await UncordonAsync("GPU-00000000")).Problem, isLent ? Does.Contain("is being reset by process 7") : Is.Null);
        Assert.That(_record.Cordons.IsEmpty, Is.Not.EqualTo(isLent));
        Assert.That(Logs.Named("ResetGoesOn"), Has.Exactly(isLent ? 1 : 0).Items);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Start_InTheMiddleOfAReset_WhoseEndIsJudgedByAProbe(bool isKnown)
    {
        await using var stream = await RestartAsync("running, process 7", isKnown);
        Assert.That((await AskAsync(OperatorVerb.BeginReset, gpu: Gpu(0).Uuid, isRepeated: true)).Reset!.IsReleased);

        var answer = await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done, gpu: Gpu(0).Uuid);

        Assert.That(answer.Problem, Is.Null);
        Assert.That(answer.Reset!.IsFit);
        Assert.That(Backend.Enumerations, Is.Not.Zero);
        Assert.That(Usable(Monitor.Current), Is.EqualTo([true, true]));
        Assert.That(Logs.Named("GpuWasReset"), Has.One.Items);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Start_InTheMiddleOfAReset_WhoseProcessDies_OpensTheDriver_AndTheGpuStaysCordoned(bool isKnown)
    {
        await using var stream = await RestartAsync("running, process 7", isKnown);

        _isResetting = false;
        Operator.Reload(mayWrite: true);
        await Monitor.RefreshAsync().DefaultTimeout();

        Assert.That(Usable(Monitor.Current), Is.EqualTo([false, true]));
        Assert.That(
            _record.Cordons.Single().Reason, Is.EqualTo("nomad-device-gpu reset: process 7 did not finish it, because it has ended"));
        Assert.That((await UncordonAsync("0")).Problem, Is.Null);
    }

    [Test]
    public async Task Cordon_ThatSomebodyDeletesFromTheFileDuringAReset_OffersTheGpuOnlyWhenItWasReadAfterIt()
    {
        await using var stream = await StartAsync();
        await AskAsync(OperatorVerb.BeginReset);

        _record = CordonRecord.Empty;
        Operator.Reload(mayWrite: true);
        Assert.That(Usable(Monitor.Current), Is.EqualTo([false, true]));
        Assert.That(Monitor.Current.Devices[0].Health.Description, Does.Contain("being reset by process 7"));

        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1)) with { Unread = [Gpu(0).Uuid] };
        Assert.That((await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done)).Reset!.IsFit, Is.False);
        Assert.That(Usable(Monitor.Current), Is.EqualTo([false, true]), "what is known of it is from before the reset");

        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1));
        Assert.That((await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done, isRepeated: true)).Reset!.IsFit);
        Assert.That(Usable(Monitor.Current), Is.All.True);
    }

    [Test]
    public async Task Reset_AfterOneThatWasKilledWithItsPlugin_KeepsTheCordonWhenItIsNotTried()
    {
        var left = new Cordon(Gpu(0).Uuid, "nomad-device-gpu reset: running, process 6", "root", Time.GetUtcNow());
        _record = new CordonRecord([left]);
        await using var stream = await StartAsync();

        await AskAsync(OperatorVerb.BeginReset);
        await AskAsync(OperatorVerb.BeginReset, isRepeated: true);
        await AskAsync(OperatorVerb.EndReset, ResetOutcome.NotTried, "in use");

        Assert.That(_record.Cordons.Single().Reason, Is.EqualTo("nomad-device-gpu reset: in use"), "it is not known to be well");
    }

    [Test]
    public async Task Reset_AfterOneThatFailed_TakesItsCordonOver_AndNotTriedKeepsIt()
    {
        await using var stream = await StartAsync();
        await AskAsync(OperatorVerb.BeginReset);
        await AskAsync(OperatorVerb.EndReset, ResetOutcome.Failed, "nvidia-smi failed");

        await AskAsync(OperatorVerb.BeginReset);
        await AskAsync(OperatorVerb.EndReset, ResetOutcome.NotTried, "in use");
        Assert.That(_record.Cordons.Single().Reason, Is.EqualTo("nomad-device-gpu reset: in use"), "it is not known to be well");

        await AskAsync(OperatorVerb.BeginReset);
        await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done);
        Assert.That(_record.Cordons, Is.Empty);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Process_ThatDiesOrTakesTooLong_LosesTheDriver_AndTheGpuStaysCordoned(bool dies)
    {
        await using var stream = await StartAsync();
        await AskAsync(OperatorVerb.BeginReset);
        Operator.Reload(mayWrite: true);
        Assert.That(Monitor.Lending.Current, Is.Not.Null);

        _isResetting = !dies;
        Time.Advance(dies ? TimeSpan.Zero : Limit);
        Operator.Reload(mayWrite: true);
        await Monitor.RefreshAsync().DefaultTimeout();

        Assert.That(Monitor.Lending.Current, Is.Null);
        Assert.That(Backend.Enumerations, Is.GreaterThan(1), "the driver is open again");
        Assert.That(Usable(Monitor.Current), Is.EqualTo([false, true]));
        Assert.That(_record.Cordons.Single().Reason, Does.StartWith("nomad-device-gpu reset: process 7 did not finish it, because it"));
        Assert.That(Logs.Named("DriverTakenBack").Single().Message, Does.Contain("process 7").And.Contains("The GPU stays cordoned"));
    }

    [Test]
    public async Task Check_WhatMayNotBeReset_IsRefusedWithTheReason_AndNothingIsChanged()
    {
        await using var stream = await StartAsync();
        Assert.That((await AskAsync(OperatorVerb.CheckReset)).Problem, Is.Null);

        Backend.Report = TestGpus.Report(Gpu(0), TestGpus.Instance(Gpu(0), 1), TestGpus.Instance(Gpu(0), 2), Gpu(1));
        await Monitor.RefreshAsync().DefaultTimeout();
        foreach (var verb in new[] { OperatorVerb.CheckReset, OperatorVerb.BeginReset })
        {
            Assert.That((await AskAsync(verb)).Problem, Does.StartWith("it has 2 MIG instances, which must be removed first: nvidia-smi mig"));
        }

        // Instances that were removed are kept in the inventory for a while, and must not stand in the way.
        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1));
        await Monitor.RefreshAsync().DefaultTimeout();
        Assert.That((await AskAsync(OperatorVerb.CheckReset)).Problem, Is.Null);

        Backend.Report = TestGpus.Report(Gpu(1));
        await Monitor.RefreshAsync().DefaultTimeout();
        Assert.That((await AskAsync(OperatorVerb.CheckReset)).Problem, Does.Contain("needs a power cycle"));

        MaintenanceText = "work";
        Time.Advance(InventoryMonitor.MaintenancePoll);
        await stream.UntilAsync(seen => seen.Driver.State == DriverState.Maintenance);
        Assert.That((await AskAsync(OperatorVerb.CheckReset)).Problem, Does.Contain("under maintenance"));
        Assert.That(_record.Cordons, Is.Empty);
        Assert.That(Monitor.Lending.Current, Is.Null);
    }

    [Test]
    public async Task Begin_WhileAnotherGpuIsReset_IsRefused()
    {
        await using var stream = await StartAsync();
        await AskAsync(OperatorVerb.BeginReset);

        var answer = await AskAsync(OperatorVerb.BeginReset, gpu: "1");

        Assert.That(answer.Problem, Does.Contain("is being reset by process 7"));
        Assert.That(_record.Cordons, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Begin_WhileTheHardwareHangs_SaysThatTheDriverIsNotFree()
    {
        await using var stream = await StartAsync();
        var gate = new TaskCompletionSource();
        await Backend.NextEnumeration();
        Backend.Gate = gate.Task;
        var hanging = Monitor.RefreshAsync();
        await Backend.NextEnumeration();
        var asked = AskAsync(OperatorVerb.BeginReset);
        Time.Advance(ResetOperator.ReleaseLimit);
        Assert.That((await asked.DefaultTimeout()).Reset!.IsReleased, Is.False);

        gate.SetResult();
        await hanging.DefaultTimeout();
        Assert.That((await AskAsync(OperatorVerb.BeginReset, isRepeated: true)).Reset!.IsReleased);
    }

    [Test]
    public async Task Facts_StayWhenTheDriverIsOpenedAgain()
    {
        var gpu = Gpu(1) with { Facts = new GpuFacts { MemoryMiB = 81559, SmCount = 132 } };
        Backend.Report = TestGpus.Report(Gpu(0), gpu);
        await using var stream = await StartAsync();
        await AskAsync(OperatorVerb.BeginReset);
        Backend.Report = TestGpus.Report(Gpu(0), gpu with { Facts = new GpuFacts { MemoryMiB = 81559 } });

        await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done);

        Assert.That(Monitor.Current.Devices[1].Gpu.Facts.SmCount, Is.EqualTo(132), "an attribute must not come and go");
    }

    private async Task<InventoryStream> StartAsync(HealthPolicy? policy = null)
    {
        Cordons = new CordonStore(() => _record, record =>
        {
            _record = record;
            return null;
        });
        Configure(policy ?? HealthPolicy.Default);
        var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        return stream;
    }

    /// <summary>As a plugin that is started while the record says that process 7 or another one resets a GPU.</summary>
    private Task<InventoryStream> RestartAsync(string reason, bool isKnown = true)
    {
        _record = new CordonRecord([new Cordon(Gpu(0).Uuid, ResetCordon.Prefix + reason, "root", Time.GetUtcNow())]);
        IsResetting = process => _isResetting && process.Id == 7;
        if (isKnown)
        {
            Known = new KnownGpuStore(() => new KnownGpuMemory([Gpu(0), Gpu(1)]), _ => true) { ExpectsThem = true };
        }

        return StartAsync();
    }

    private Task<OperatorAnswer> UncordonAsync(params string[] gpus) =>
        Operator.DoAsync(new OperatorRequest(OperatorVerb.Uncordon, [.. gpus], "root", Time.GetUtcNow()), default);

    private Task<OperatorAnswer> AskAsync(
        OperatorVerb verb, ResetOutcome outcome = ResetOutcome.NotTried, string reason = "", string gpu = "0", bool isRepeated = false) =>
        Operator.DoAsync(
            new OperatorRequest(verb, [gpu], "root", Time.GetUtcNow())
            {
                Process = new ResetProcess(7, 100), Limit = Limit, Outcome = outcome, Reason = reason, IsRepeated = isRepeated,
            },
            default);
}

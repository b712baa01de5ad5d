using CsCheck;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Gpu.Inventories;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Operations;

/// <summary>
/// In whatever order resets begin, end and are abandoned, operators cordon, GPUs fail and plugins die: nobody's cordon but the reset's
/// own is lifted, a GPU whose reset is not over or did not succeed gets no task, and no word is said of the other GPU.
/// </summary>
internal sealed class AnyResetCourseTests
{
    private enum Step
    {
        Begin, EndDone, EndFailed, EndNotTried, Abandon, TakeTooLong, Cordon, Uncordon, Break, Heal, Xid, Wait, Restart,
    }

    [Test]
    public async Task AnyCourse_LiftsOnlyItsOwnCordon_AndOffersNoGpuThatIsNotFit() =>
        await Gen.Enum<Step>().Array[1, 25].SampleAsync(
            RunAsync, iter: 300, threads: 1, print: steps => string.Join(", ", steps));

    private static async Task RunAsync(Step[] steps)
    {
        await using var course = new Course();
        await course.StartAsync();
        foreach (var step in steps)
        {
            await course.TakeAsync(step);
            course.Check();
        }
    }

    private sealed class Course : IAsyncDisposable
    {
        private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

        private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero));
        private readonly TestLogs _logs = new();
        private readonly ScriptedBackend _backend = new();
        private CordonRecord _record = CordonRecord.Empty;
        private HealthMemory _health = HealthMemory.Empty;
        private InventoryMonitor? _monitor;
        private InventoryStream? _stream;
        private bool _isBroken;
        private bool _isWanted = true;

        // What must hold: whether alice's cordon stands, and whether a reset was begun and did not succeed since.
        private bool _isCordoned;
        private bool _isUnfinished;

        public async Task StartAsync()
        {
            _backend.Report = Report;
            _monitor = new InventoryMonitor(_time, _logs.CreateLogger<InventoryMonitor>());
            _monitor.Configure(new MonitorSettings
            {
                Health = HealthPolicy.Default with
                {
                    Store = new HealthStore(() => _health, memory =>
                    {
                        _health = memory;
                        return true;
                    }),
                },
                Cordons = new CordonStore(() => _record, record =>
                {
                    _record = record;
                    return null;
                }),
                OpenBackend = () => _backend,
            });
            _stream = new InventoryStream(_monitor);
            await _stream.NextAsync();
        }

        public async Task TakeAsync(Step step)
        {
            switch (step)
            {
                case Step.Begin when (await AskAsync(OperatorVerb.BeginReset)).Problem is null:
                    _isWanted = true;
                    _isUnfinished |= !_isCordoned;
                    break;
                case Step.EndDone:
                    var answer = await AskAsync(OperatorVerb.EndReset, ResetOutcome.Done);
                    Assert.That(answer.Reset!.IsFit, Is.Not.True.Or.EqualTo(!_isBroken));
                    _isUnfinished &= !answer.Reset.IsFit;
                    break;
                case Step.EndFailed:
                    await AskAsync(OperatorVerb.EndReset, ResetOutcome.Failed);
                    break;
                case Step.EndNotTried:
                    await AskAsync(OperatorVerb.EndReset, ResetOutcome.NotTried);
                    _isUnfinished &= _record.Cordons.Any(ResetCordon.IsOwn);
                    break;
                case Step.Abandon or Step.TakeTooLong:
                    _isWanted = step != Step.Abandon;
                    _time.Advance(step == Step.Abandon ? TimeSpan.Zero : Limit);
                    Operator.Reload(mayWrite: true);
                    break;
                case Step.Cordon:
                    await AskAsync(OperatorVerb.Cordon);
                    (_isCordoned, _isUnfinished) = (true, false);
                    break;
                case Step.Uncordon when (await AskAsync(OperatorVerb.Uncordon)).Problem is null:
                    (_isCordoned, _isUnfinished) = (false, false);
                    break;
                case Step.Break or Step.Heal:
                    _isBroken = step == Step.Break;
                    _backend.Report = Report;
                    break;
                case Step.Xid:
                    _backend.Raise(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 119));
                    break;
                case Step.Wait:
                    _time.Advance(TimeSpan.FromMinutes(1));
                    break;
                case Step.Restart:
                    await DisposeProcessAsync();
                    await StartAsync();
                    break;
            }

            await _monitor!.RefreshAsync().DefaultTimeout();
        }

        public void Check()
        {
            Assert.That(_record.Cordons.Any(cordon => cordon.By == "alice" && !ResetCordon.IsOwn(cordon)), Is.EqualTo(_isCordoned));
            var usable = _monitor!.Current.Devices.Select(device => device.Health.IsUsable).ToList();
            Assert.That(usable[1], Is.True, "nothing is wrong with the other GPU");
            if (_isCordoned || _isUnfinished)
            {
                Assert.That(usable[0], Is.False);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await DisposeProcessAsync();
            _logs.Dispose();
        }

        // A driver that cannot say whether a GPU was reset.
        private GpuDevice Gpu => TestGpus.Gpu(0) with
        {
            RecoveryNeeded = null,
            Fault = _isBroken ? new DeviceFault(DeviceFaultKind.RemapPending, "seen") : null,
        };

        private NodeReport Report => TestGpus.Report(Gpu, TestGpus.Gpu(1) with { RecoveryNeeded = null });

        private GpuOperator Operator => new(_monitor!, _time)
        {
            Resets = new ResetParts(42, _ => _isWanted, _logs.CreateLogger(nameof(GpuOperator))),
        };

        private Task<OperatorAnswer> AskAsync(OperatorVerb verb, ResetOutcome outcome = ResetOutcome.NotTried) => Operator.DoAsync(
            new OperatorRequest(verb, ["0"], verb == OperatorVerb.Cordon ? "alice" : "root", _time.GetUtcNow())
            {
                Process = new ResetProcess(7, 100), Limit = Limit, Outcome = outcome, Reason = "RMA",
            },
            default).DefaultTimeout();

        private async Task DisposeProcessAsync()
        {
            await _stream!.DisposeAsync();
            await _monitor!.DisposeAsync();
        }
    }
}

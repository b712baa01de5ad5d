using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>
/// A node over many processes of the plugin, and what must be true of it: which GPUs are cordoned for certain, and which
/// causes stand for certain. Null stands for what may be either.
/// </summary>
internal sealed class OperatorCourse : IAsyncDisposable
{
    public const int Count = 3;

    /// <summary>Only another load of the driver, or an operator, ends it.</summary>
    public const long RebootXid = 79;

    /// <summary>On this driver, which has no recovery action, also a declared reset ends it.</summary>
    public const long ResetXid = 119;

    private static readonly long[] Xids = [RebootXid, ResetXid];

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero));
    private readonly TestLogs _logs = new();
    private readonly OperatorDisk _disk = new();
    private readonly bool?[] _cordoned = new bool?[Count];
    private readonly Dictionary<(int Gpu, long Xid), bool?> _stands = [];
    private readonly List<(int Gpu, long Xid)> _queued = [];
    private readonly GpuState[] _gpus = [.. Enumerable.Repeat(new GpuState(true, false, null), Count)];
    private readonly List<Task> _abandoned = [];
    private OperatorProcess? _process;
    private bool _isHealthOn = true;
    private int _load;
    private Maintenance? _maintenance;

    public OperatorCourse()
    {
        Array.Fill(_cordoned, false);
        foreach (var xid in Xids)
        {
            for (var gpu = 0; gpu < Count; gpu++)
            {
                _stands[(gpu, xid)] = false;
            }
        }
    }

    private OperatorProcess Process => _process ?? throw new InvalidOperationException("no plugin runs");

    private bool IsListening => _process is not null && _maintenance is null;

    public async Task StartAsync()
    {
        _process = new OperatorProcess(_disk, _time, _logs) { Report = ReportOf() };
        await _process.StartAsync(_isHealthOn, () => _maintenance);
    }

    public async Task RaiseAsync(int gpu, long xid)
    {
        if (!_gpus[gpu].IsThere)
        {
            return;
        }

        // Without the driver, the event comes with the next session: after whatever was declared reset until then.
        Process.Raise(Gpu(gpu).Uuid, xid);
        _queued.Add((gpu, xid));
        await SettleAsync();
    }

    public async Task CordonAsync(int gpu, bool on, int name)
    {
        var text = name switch { 0 => Gpu(gpu).Uuid, 1 => $"SN-{gpu}", _ => $"{gpu}" };
        var answer = await AskAsync(new OperatorRequest(
            on ? OperatorVerb.Cordon : OperatorVerb.Uncordon, [text], "root", _time.GetUtcNow())
        {
            Reason = "RMA",
        });
        if (answer is null)
        {
            _cordoned[gpu] = _disk.HasCordon(Gpu(gpu).Uuid);
        }
        else if (answer.Problem is null)
        {
            Assert.That(answer.Gpus.Single().Uuid, Is.EqualTo(Gpu(gpu).Uuid));
            _cordoned[gpu] = on;
        }
        else
        {
            Assert.That(_disk.IsFull || !_gpus[gpu].IsThere || _process is null || _maintenance is not null, Is.True, answer.Problem);
        }
    }

    public async Task ClearAsync(int gpu)
    {
        var answer = await AskAsync(new OperatorRequest(
            OperatorVerb.ClearHealth, [gpu < 0 ? OperatorRequest.All : Gpu(gpu).Uuid], "root", _time.GetUtcNow()));
        if (answer is { Problem: not null })
        {
            return;
        }

        foreach (var key in _stands.Keys.Where(key => gpu < 0 || key.Gpu == gpu).ToList())
        {
            // What "all" is depends on what is known.
            var isMeant = answer?.Gpus.Any(told => told.Uuid == Gpu(key.Gpu).Uuid) == true;
            // What is kept of a cause that may be over, because the driver was loaded again, ends with a later probe.
            _stands[key] = answer is null ? (!_disk.HasCause(Gpu(key.Gpu).Uuid, key.Xid) ? false : _stands[key] is null ? null : true)
                : !isMeant ? _stands[key]
                : !_disk.IsFull || _stands[key] == false ? false
                : null;
        }
    }

    public async Task BecomeAsync(int gpu, bool isThere, bool isSplit, DeviceFaultKind? fault)
    {
        _gpus[gpu] = new GpuState(isThere, isSplit, fault);
        Process.Report = ReportOf();
        await Process.RefreshAsync();
    }

    public async Task MaintainAsync(int reset)
    {
        _maintenance = reset == -2 ? null : new Maintenance("work")
        {
            ResetsAll = reset == Count, Resets = reset is >= 0 and < Count ? [Gpu(reset).Uuid] : [],
        };
        foreach (var key in _stands.Keys.Where(key => key.Xid == ResetXid && _maintenance?.HasReset(Gpu(key.Gpu).Uuid) == true).ToList())
        {
            _stands[key] = _stands[key] == false ? false : null;
        }

        _time.Advance(InventoryMonitor.MaintenancePoll);
        await Process.RefreshAsync();
        await SettleAsync();
    }

    public async Task RestartAsync(bool kill, Func<OperatorCourse, Task>? meanwhile)
    {
        await EndProcessAsync(kill);
        AssertKept();
        if (meanwhile is not null)
        {
            await meanwhile(this);
        }

        await StartAsync();
    }

    public Task DieAt(int write, bool isKept)
    {
        _disk.DieAt(write, isKept);
        return Task.CompletedTask;
    }

    public async Task PassAsync(int seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        await Process.RefreshAsync();
    }

    public async Task FillDisk(bool isFull)
    {
        _disk.IsFull = isFull;
        await Process.RefreshAsync();
    }

    public async Task SwitchHealthAsync(bool isOn)
    {
        _isHealthOn = isOn;
        Process.Configure(isOn, () => _maintenance);
        await Process.RefreshAsync();
    }

    public async Task ReloadDriverAsync()
    {
        _load++;
        foreach (var key in _stands.Keys.ToList())
        {
            _stands[key] = _stands[key] == false ? false : null;
        }

        Process.Report = ReportOf();
        await Process.RefreshAsync();
    }

    /// <summary>What must hold between any two steps.</summary>
    public async Task CheckAsync()
    {
        if (_disk.IsDead)
        {
            await RestartAsync(kill: true, meanwhile: null);
        }

        var answer = await Process.AskAsync(new OperatorRequest(OperatorVerb.ListHealth, [], "root", _time.GetUtcNow()));
        for (var gpu = 0; gpu < Count; gpu++)
        {
            var condition = answer.Gpus.FirstOrDefault(told => told.Uuid == Gpu(gpu).Uuid);
            CheckCordon(gpu, condition);
            CheckCauses(gpu, condition);
        }

        AssertKept();
    }

    public async ValueTask DisposeAsync()
    {
        await EndProcessAsync(kill: true);
        await Task.WhenAll(_abandoned);
        _logs.Dispose();
    }

    private static GpuDevice Gpu(int n)
    {
        var gpu = TestGpus.Gpu(n);
        return gpu with { Facts = gpu.Facts with { BoardSerial = $"SN-{n}" } };
    }

    private NodeReport ReportOf() => TestGpus.Report([.. Enumerable.Range(0, Count).SelectMany(DevicesOf)]) with
    {
        Load = new DriverLoad("boot", $"{_load}"),
    };

    private IEnumerable<GpuDevice> DevicesOf(int n)
    {
        var (isThere, isSplit, fault) = _gpus[n];
        var gpu = Gpu(n) with { Fault = fault is { } kind ? new DeviceFault(kind, "seen") : null };
        return !isThere ? [] : isSplit ? [gpu, TestGpus.Instance(gpu, 1), TestGpus.Instance(gpu, 2)] : [gpu];
    }

    /// <summary>Null when the process died of it.</summary>
    private async Task<OperatorAnswer?> AskAsync(OperatorRequest request)
    {
        if (_process is { } process)
        {
            var answer = await process.AskAsync(request);
            return _disk.IsDead ? null : answer;
        }

        var offline = new RecordOperator(
            new CordonStore(() => _disk.Cordons, _disk.Save), new HealthStore(() => _disk.Health, _disk.Save), new KernelLogPosition("boot", 0),
            HealthPolicy.Default)
            .Do(request, Enumerable.Range(0, Count).SelectMany(DevicesOf));
        return _disk.IsDead ? null : offline;
    }

    /// <summary>Waits for the events that were raised, and until they are kept.</summary>
    private async Task SettleAsync()
    {
        if (_queued.Count == 0 || !IsListening)
        {
            return;
        }

        // No driver sends an event of a GPU that left before the driver was opened: only the kernel log has it then.
        foreach (var (gpu, _) in _queued.Where(raised => !_gpus[raised.Gpu].IsThere))
        {
            Process.ExpectOneLess(Gpu(gpu).Uuid);
        }

        await Process.SeeAllAsync();
        await Process.RefreshAsync();
        foreach (var (gpu, xid) in _queued)
        {
            _stands[(gpu, xid)] = _disk.IsDead || _disk.IsFull || !_gpus[gpu].IsThere ? null : true;
        }

        _queued.Clear();
    }

    private async Task EndProcessAsync(bool kill)
    {
        if (_process is not { } process)
        {
            return;
        }

        // What nobody has seen is gone with the process.
        _queued.Clear();
        _process = null;
        if (kill)
        {
            _disk.Cut();
            _abandoned.Add(process.DisposeAsync().AsTask());
        }
        else
        {
            await process.DisposeAsync();
        }

        _disk.Attach();
    }

    private void CheckCordon(int gpu, GpuCondition? condition)
    {
        var devices = Process.Monitor.Current.Physical.Where(device => device.Gpu.PhysicalUuid == Gpu(gpu).Uuid).ToList();
        if (_cordoned[gpu] == true)
        {
            Assert.That(condition?.Cordon, Is.Not.Null, $"the cordon of GPU {gpu} is lost");
            Assert.That(devices.Select(device => device.Health.IsUsable), Is.All.False, $"GPU {gpu} is cordoned");
            foreach (var device in devices)
            {
                Assert.That(
                    () => Process.Reserver.Reserve([device.Id]),
                    Throws.TypeOf<ReservationException>().With.Message.Contains("cordoned by root"));
            }
        }
        else if (_cordoned[gpu] == false)
        {
            Assert.That(condition?.Cordon, Is.Null, $"GPU {gpu} is not cordoned");
            Assert.That(devices.Select(device => device.Health.Description), Has.None.Contains("cordoned"));
        }
    }

    private void CheckCauses(int gpu, GpuCondition? condition)
    {
        foreach (var xid in Xids)
        {
            if (_stands[(gpu, xid)] is { } stands)
            {
                Assert.That(
                    condition?.Causes.Any(cause => cause.Xid == xid) == true, Is.EqualTo(stands), $"XID {xid} of GPU {gpu}");
            }
        }

        var hasXid = Xids.Any(xid => _stands[(gpu, xid)] == true);
        var hasFault = _gpus[gpu] is { IsThere: true, Fault: not null } && IsListening;
        if (_isHealthOn && (hasXid || hasFault))
        {
            Assert.That(
                Process.Monitor.Current.Physical.Where(device => device.Gpu.PhysicalUuid == Gpu(gpu).Uuid)
                    .Select(device => device.Health.IsUsable), Is.All.False, $"GPU {gpu} has a cause that stands");
        }
    }

    /// <summary>What is certain is on the disk.</summary>
    private void AssertKept()
    {
        for (var gpu = 0; gpu < Count; gpu++)
        {
            if (_cordoned[gpu] is { } cordoned)
            {
                Assert.That(_disk.HasCordon(Gpu(gpu).Uuid), Is.EqualTo(cordoned), $"the record of cordons about GPU {gpu}");
            }
        }

        foreach (var ((gpu, xid), _) in _stands.Where(known => known.Value == true))
        {
            Assert.That(_disk.HasCause(Gpu(gpu).Uuid, xid), Is.True, $"the record lacks XID {xid} of GPU {gpu}");
        }
    }

    private sealed record GpuState(bool IsThere, bool IsSplit, DeviceFaultKind? Fault);
}

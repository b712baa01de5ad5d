using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>What outlives the processes. Who dies at a write has either made it or not; nothing is written afterwards.</summary>
internal sealed class OperatorDisk
{
    private readonly Lock _gate = new();
    private int _writesLeft = -1;
    private bool _isLastKept;
    private int _era;

    public CordonRecord Cordons { get; private set; } = CordonRecord.Empty;

    public HealthMemory Health { get; private set; } = HealthMemory.Empty;

    public KnownGpuMemory Known { get; private set; } = KnownGpuMemory.Empty;

    public bool IsFull { get; set; }

    public bool IsDead { get; private set; }

    public void DieAt(int write, bool isKept)
    {
        lock (_gate)
        {
            (_writesLeft, _isLastKept) = (write, isKept);
        }
    }

    /// <summary>The process is killed: what it still writes is lost.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            IsDead = true;
        }
    }

    /// <summary>Another process begins.</summary>
    public void Attach()
    {
        lock (_gate)
        {
            _era++;
            _writesLeft = -1;
            IsDead = false;
        }
    }

    /// <summary>The stores of the process that begins.</summary>
    public (CordonStore Cordons, HealthStore Health, KnownGpuStore Known) Open()
    {
        var era = _era;
        return (
            new CordonStore(() => Cordons, record => Write(era, () => Cordons = record)),
            new HealthStore(() => Health, memory => Write(era, () => Health = memory) is null),
            new KnownGpuStore(() => Known, memory => Write(era, () => Known = memory) is null) { ExpectsThem = true });
    }

    public string? Save(CordonRecord record) => Write(_era, () => Cordons = record);

    public bool Save(HealthMemory memory) => Write(_era, () => Health = memory) is null;

    public bool HasCordon(string uuid) => Cordons.Cordons.Any(cordon => cordon.Gpu == uuid);

    public bool HasCause(string uuid, long xid) => Health.Causes.Any(cause => cause.Gpu == uuid && cause.Xid == xid);

    private string? Write(int era, Action write)
    {
        lock (_gate)
        {
            if (era != _era || IsDead || IsFull)
            {
                return "not written";
            }

            IsDead = _writesLeft == 0;
            if (!IsDead || _isLastKept)
            {
                write();
            }

            _writesLeft -= _writesLeft >= 0 ? 1 : 0;
            return IsDead ? "killed" : null;
        }
    }
}

/// <summary>One process of the plugin over a disk that outlives it.</summary>
internal sealed class OperatorProcess : IAsyncDisposable
{
    private readonly ScriptedBackend _backend = new();
    private readonly TimeProvider _time;
    private readonly InventoryStream _stream;
    private readonly (CordonStore Cordons, HealthStore Health, KnownGpuStore Known) _stores;
    private readonly Dictionary<string, long> _raised = new(StringComparer.Ordinal);

    public OperatorProcess(OperatorDisk disk, TimeProvider time, TestLogs logs)
    {
        _time = time;
        _stores = disk.Open();
        Monitor = new InventoryMonitor(time, logs.CreateLogger<InventoryMonitor>());
        Reserver = new Reserver(Monitor);
        Reserver.Configure(new ReservationPolicy { AllowUnhealthy = true });
        _stream = new InventoryStream(Monitor);
    }

    public InventoryMonitor Monitor { get; }

    public Reserver Reserver { get; }

    public NodeReport Report
    {
        get => _backend.Report;
        set => _backend.Report = value;
    }

    public async Task StartAsync(bool isHealthOn, Func<Maintenance?> maintenance)
    {
        Configure(isHealthOn, maintenance);
        await _stream.NextAsync();
        await RefreshAsync();
    }

    public void Configure(bool isHealthOn, Func<Maintenance?> maintenance) => Monitor.Configure(new MonitorSettings
    {
        Health = new HealthPolicy { Enabled = isHealthOn, Store = _stores.Health },
        Cordons = _stores.Cordons,
        Known = _stores.Known,
        ReadMaintenance = maintenance,
        OpenBackend = () => _backend,
    });

    public Task RefreshAsync() => Monitor.RefreshAsync().DefaultTimeout();

    public Task<OperatorAnswer> AskAsync(OperatorRequest request) =>
        new GpuOperator(Monitor, _time).DoAsync(request, default).DefaultTimeout();

    public void Raise(string uuid, long xid)
    {
        _raised[uuid] = _raised.GetValueOrDefault(uuid) + 1;
        _backend.Raise(new GpuEvent(GpuEventKind.Xid, uuid, xid));
    }

    public void ExpectOneLess(string uuid) => _raised[uuid]--;

    /// <summary>Waits until the monitor has seen every event.</summary>
    public async Task SeeAllAsync()
    {
        await _backend.UntilHandledAsync();
        Assert.That(
            _raised.Where(gpu => Monitor.Health.XidsOf(gpu.Key).Count < gpu.Value), Is.Empty, "an event does not arrive");
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await Monitor.DisposeAsync();
    }
}

using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// Keeps the node's inventory current and tells every stream of its changes. Nothing is opened or read before the first
/// stream asks; from then on one loop enumerates each period and after each event that calls for it, until disposed.
/// </summary>
public sealed class InventoryMonitor : IAsyncDisposable
{
    /// <summary>
    /// How long a stream may go without its first message. Nomad holds the node's registration for 50 s
    /// (client/node_updater.go), and without a message the client would wait all of it.
    /// </summary>
    public static readonly TimeSpan FirstMessageDeadline = TimeSpan.FromSeconds(15);

    /// <summary>Counters that show a fault have no event: while somebody listens they are read at least this often.</summary>
    public static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(30);

    /// <summary>How often the maintenance file is looked for.</summary>
    public static readonly TimeSpan MaintenancePoll = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly HealthTracker _health;
    private readonly HealthKeeper _keeper;
    private readonly InventoryPublisher _publisher;
    private readonly CordonList _cordons;
    private readonly MaintenanceWatch _maintenance;
    private readonly DriverLending _lending;
    private readonly InventoryRefresh _refresh;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RefreshRequests _refreshes = new();
    private MonitorSettings? _settings;
    private Task? _loop;
    private int _streams;

    public InventoryMonitor(TimeProvider timeProvider, ILogger<InventoryMonitor> logger)
    {
        _timeProvider = timeProvider;
        _logger = logger;
        _health = new HealthTracker(timeProvider, logger);
        _keeper = new HealthKeeper(_health);
        _maintenance = new MaintenanceWatch(logger);
        _lending = new DriverLending(timeProvider);
        _cordons = new CordonList { FindHold = _lending.FindHold };
        _publisher = new InventoryPublisher(_health, _cordons, OnMade, timeProvider, logger);
        _refresh = new InventoryRefresh(_keeper, _cordons, _maintenance, _lending, _publisher, logger)
        {
            Health = _health,
            OpenSession = settings => BackendSession.OpenAsync(settings, OnEvent, OnMonitored, timeProvider, logger),
        };
    }

    /// <summary>Raised for everything the hardware reports, on the thread that listens to it: to be quick.</summary>
    public event Action<GpuEvent>? EventSeen;

    /// <summary>
    /// Raised for each inventory that is made, in their order, also for one that has nothing new for Nomad: to be quick.
    /// </summary>
    internal event Action<Inventory>? InventoryMade;

    /// <summary>Completes with the first stream; before it nothing may be opened, by anybody.</summary>
    public Task Started => _started.Task;

    /// <summary>The latest inventory; empty before the first one.</summary>
    public Inventory Current => _publisher.Current;

    /// <summary>The last line of the kernel log that was judged; null: none was.</summary>
    public KernelLogPosition? JudgedLine => _health.JudgedLine;

    /// <summary>Lines of the kernel log up to which operators cleared GPUs while no plugin ran.</summary>
    public ImmutableArray<KernelLogPosition> ClearedLines => _health.ClearedLines;

    /// <summary>Which NVLinks of a GPU are known to have been up since the machine booted, a bit for each.</summary>
    public ulong FindNvLinksSeenUp(string uuid, DriverLoad now) => _refresh.Known.FindNvLinksSeenUp(uuid, now);

    /// <summary>What the kernel log told besides XIDs.</summary>
    public KernelLogTotals KernelLog => _health.KernelLog;

    /// <summary>What the configuration exempts from the judgement of health.</summary>
    public ImmutableArray<HealthExemption> HealthExceptions => Volatile.Read(ref _settings)?.Health.Exceptions ?? [];

    /// <summary>The backend of the latest inventory; null before the first stream and while disabled.</summary>
    internal IGpuBackend? Backend => _refresh.Backend;

    internal HealthTracker Health => _health;

    internal HealthKeeper HealthKeeper => _keeper;

    internal CordonList Cordons => _cordons;

    /// <summary>Every GPU and instance that is known of, hidden ones and parents of instances among them.</summary>
    internal ImmutableArray<GpuDevice> KnownDevices => _refresh.Known.AddTo(_publisher.Known());

    /// <summary>The load of the driver that the latest report is of.</summary>
    internal DriverLoad? Load => _refresh.Report?.Load;

    /// <summary>What the latest enumeration found, without what is kept since an earlier one.</summary>
    public NodeReport? Report => _refresh.Report;

    /// <summary>Who has the driver in place of this process; null while nobody has.</summary>
    internal DriverLending Lending => _lending;

    /// <summary>Replaces the settings. A running loop takes them up at once; the hardware is not touched here.</summary>
    public void Configure(MonitorSettings settings)
    {
        Volatile.Write(ref _settings, settings);
        _refreshes.Add();
    }

    /// <summary>
    /// The current inventory, then every later one that differs; a slow reader gets the newest only. Never ends before
    /// <paramref name="cancellationToken"/> is cancelled.
    /// </summary>
    public async IAsyncEnumerable<Inventory> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StartOnce();
        try
        {
            await foreach (var inventory in _publisher.WatchAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return inventory;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? loop;
        lock (_gate)
        {
            loop = _loop;
            _loop = Task.CompletedTask;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        if (loop is not null)
        {
            await loop.ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    /// <summary>Asks for a refresh now; none comes before the first stream.</summary>
    public void RefreshSoon() => _refreshes.Add();

    /// <summary>Completes with the first refresh that begins from now on; never before the first stream.</summary>
    public Task RefreshAsync() => _refreshes.AddAsync();

    /// <summary>Tells streams of what changed besides the last report.</summary>
    internal void PublishAgain() => _publisher.PublishAgain();

    private void StartOnce()
    {
        bool isRunning;
        lock (_gate)
        {
            isRunning = _loop is not null;
            _loop ??= Task.Run(() => RunAsync(_stopping.Token));
        }

        _started.TrySetResult();
        if (Interlocked.Increment(ref _streams) == 1 && isRunning)
        {
            // While nobody listened, the poll was as slow as the period.
            _refreshes.Add();
        }
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        using var deadline = _timeProvider.CreateTimer(
            _ => _refresh.PublishUnfinished(FirstMessageDeadline), null, FirstMessageDeadline, Timeout.InfiniteTimeSpan);
        using var period = _timeProvider.CreateTimer(
            _ => _refreshes.Add(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var maintenance = _timeProvider.CreateTimer(
            _ => LookForMaintenance(), null, MaintenancePoll, MaintenancePoll);
        _refreshes.Add();
        try
        {
            await foreach (var _ in _refreshes.ReadAllAsync(stopping).ConfigureAwait(false))
            {
                if (Volatile.Read(ref _settings) is { } settings)
                {
                    await RefreshGuardedAsync(settings, stopping).ConfigureAwait(false);
                    var poll = PollOf(settings);
                    period.Change(poll, poll);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        finally
        {
            // What the kernel log told since the last refresh is not to be judged again by the next process.
            _keeper.Save();
            await _refresh.CloseAsync().ConfigureAwait(false);
        }
    }

    private TimeSpan PollOf(MonitorSettings settings) =>
        settings.Period > LongestPoll && Volatile.Read(ref _streams) > 0 ? LongestPoll : settings.Period;

    private async Task RefreshGuardedAsync(MonitorSettings settings, CancellationToken stopping)
    {
        var waiting = _refreshes.TakeWaiting();
        try
        {
            if (await _refresh.RunAsync(settings, stopping).ConfigureAwait(false))
            {
                settings.Refreshed(Current);
            }
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            // A backend does not throw by contract. Should one do, the last inventory stands and the stream lives: an error
            // on it would take the plugin out until the agent restarts (client/devicemanager/instance.go).
            _logger.RefreshFailed(exception);
        }
        finally
        {
            foreach (var done in waiting)
            {
                done.TrySetResult();
            }
        }
    }

    private void LookForMaintenance()
    {
        if (Volatile.Read(ref _settings) is { } settings && _maintenance.HasChanged(settings))
        {
            _refreshes.Add();
        }
    }

    private void OnEvent(GpuEvent gpuEvent)
    {
        EventSeen.Tell(gpuEvent, exception => _logger.ListenerFailed("events of the hardware", exception));
        if (gpuEvent.Kind is GpuEventKind.Inventory or GpuEventKind.RecoveryAction)
        {
            _refreshes.Add();
        }
        else if (_health.Record(gpuEvent))
        {
            // Told at once; what the GPU's readings say about it follows.
            _publisher.PublishAgain();
            _refreshes.Add();
        }
    }

    private void OnMade(Inventory inventory) =>
        InventoryMade.Tell(inventory, exception => _logger.ListenerFailed("changes of devices", exception));

    private void OnMonitored(bool isMonitored)
    {
        _health.SetMonitored(isMonitored);
        _publisher.PublishAgain();
        _refreshes.Add();
    }
}

using System.Runtime.CompilerServices;
using System.Threading.Channels;
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

    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly HealthTracker _health;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();

    // One pending wake-up is enough: however many reasons there are, the loop reads everything anew.
    private readonly Channel<bool> _wakeUps = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private MonitorSettings? _settings;
    private BackendSession? _session;
    private Inventory? _current;
    private TaskCompletionSource _changed = NewSignal();
    private Task? _loop;

    public InventoryMonitor(TimeProvider timeProvider, ILogger<InventoryMonitor> logger)
    {
        _timeProvider = timeProvider;
        _logger = logger;
        _health = new HealthTracker(timeProvider);
    }

    /// <summary>The latest inventory; empty before the first one.</summary>
    public Inventory Current => Volatile.Read(ref _current) ?? Inventory.Empty;

    /// <summary>The backend of the latest inventory; null before the first stream and while disabled.</summary>
    internal IGpuBackend? Backend => Volatile.Read(ref _session)?.Backend;

    internal HealthTracker Health => _health;

    /// <summary>Replaces the settings. A running loop takes them up at once; the hardware is not touched here.</summary>
    public void Configure(MonitorSettings settings)
    {
        Volatile.Write(ref _settings, settings);
        WakeUp();
    }

    /// <summary>
    /// The current inventory, then every later one that differs; a slow reader gets the newest only. Never ends before
    /// <paramref name="cancellationToken"/> is cancelled.
    /// </summary>
    public async IAsyncEnumerable<Inventory> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StartOnce();
        Inventory? last = null;
        while (true)
        {
            Inventory? inventory;
            Task changed;
            lock (_gate)
            {
                (inventory, changed) = (_current, _changed.Task);
            }

            if (inventory is null || inventory.Equals(last))
            {
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            last = inventory;
            yield return inventory;
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

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void WakeUp() => _wakeUps.Writer.TryWrite(true);

    private void StartOnce()
    {
        lock (_gate)
        {
            _loop ??= Task.Run(() => RunAsync(_stopping.Token));
        }
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        using var deadline = _timeProvider.CreateTimer(
            _ => PublishUnlessKnown(), null, FirstMessageDeadline, Timeout.InfiniteTimeSpan);
        using var period = _timeProvider.CreateTimer(
            _ => WakeUp(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        WakeUp();
        try
        {
            await foreach (var _ in _wakeUps.Reader.ReadAllAsync(stopping).ConfigureAwait(false))
            {
                if (Volatile.Read(ref _settings) is { } settings)
                {
                    await RefreshGuardedAsync(settings, stopping).ConfigureAwait(false);
                    period.Change(settings.Period, settings.Period);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        finally
        {
            await CloseSessionAsync().ConfigureAwait(false);
        }
    }

    private async Task RefreshGuardedAsync(MonitorSettings settings, CancellationToken stopping)
    {
        try
        {
            await RefreshAsync(settings, stopping).ConfigureAwait(false);
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            // A backend does not throw by contract. Should one do, the last inventory stands and the stream lives: an error
            // on it would take the plugin out until the agent restarts (client/devicemanager/instance.go).
            _logger.RefreshFailed(exception);
        }
    }

    private async Task RefreshAsync(MonitorSettings settings, CancellationToken stopping)
    {
        if (_session?.Settings != settings)
        {
            await CloseSessionAsync().ConfigureAwait(false);
            Volatile.Write(ref _session, BackendSession.Open(settings, OnEvent, _logger));
        }

        var report = _session!.Backend is { } backend
            ? await backend.EnumerateAsync(stopping).ConfigureAwait(false)
            : NodeReport.Without(DriverState.Disabled, "the configuration says enabled = false");
        _session.WarnOfUnknownIds(report, _logger);
        Publish(InventoryBuilder.Build(report, settings.Filter, _health, _session.Backend?.IsSimulated == true));
    }

    private void OnEvent(GpuEvent gpuEvent)
    {
        _health.Record(gpuEvent);
        if (gpuEvent.Kind == GpuEventKind.Xid)
        {
            _logger.XidSeen(gpuEvent.Data, gpuEvent.GpuUuid);
        }

        WakeUp();
    }

    private void PublishUnlessKnown()
    {
        lock (_gate)
        {
            if (_current is null)
            {
                _logger.FirstEnumerationIsLate(FirstMessageDeadline.TotalSeconds);
                PublishLocked(Inventory.Empty);
            }
        }
    }

    private void Publish(Inventory inventory)
    {
        lock (_gate)
        {
            if (inventory.Equals(_current))
            {
                return;
            }

            _logger.InventoryChanged(_current, inventory);
            PublishLocked(inventory);
        }
    }

    private void PublishLocked(Inventory inventory)
    {
        Volatile.Write(ref _current, inventory);
        var signal = _changed;
        _changed = NewSignal();
        signal.SetResult();
    }

    private async ValueTask CloseSessionAsync()
    {
        if (Interlocked.Exchange(ref _session, null) is { } session)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }
}

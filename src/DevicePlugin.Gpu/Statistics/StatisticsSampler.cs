using System.Runtime.CompilerServices;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Plausibility;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Statistics;

/// <summary>
/// Reads the statistics of the current inventory. Streams share a sample: Nomad keeps two open for a while after a retry,
/// and reading twice would disturb the work on the GPUs for nothing.
/// </summary>
public sealed class StatisticsSampler(
    InventoryMonitor monitor, TimeProvider timeProvider, ILogger<StatisticsSampler> logger) : IAsyncDisposable
{
    /// <summary>Nomad's own default (plugins/device/server.go), for an interval that is absent, zero or negative.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan MinimumInterval = TimeSpan.FromMilliseconds(100);

    public static readonly TimeSpan MaximumInterval = TimeSpan.FromHours(24);

    /// <summary>
    /// How long a sample waits for a device. One that needs longer has no readings in it, and the others are on time.
    /// </summary>
    public static readonly TimeSpan DeviceLimit = TimeSpan.FromSeconds(1);

    // Less than one: a stream's own last sample is never its next one, whatever the jitter of its timer.
    private const double SharedPartOfInterval = 0.9;

    private readonly PlausibilityCheck<GpuReadings> _plausible = new(ReadingRanges.All, logger);
    private readonly CounterCheck _counters = new(logger);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private StatisticsSample? _last;

    // Monotonic: the wall clock of a sample may be set back.
    private long _lastTaken;
    private volatile bool _isFailing;
    private Task<StatisticsSample>? _pending;
    private readonly List<TimeSpan> _intervals = [];

    // Reads that outlived the sample they were begun for. Only the one pending sample touches them.
    private readonly Dictionary<string, Task<GpuReadings>> _late = new(StringComparer.Ordinal);

    /// <summary>Raised for each sample, on the thread that took it: to be quick.</summary>
    public event Action<StatisticsSample>? Sampled;

    /// <summary>How old the newest sample gets while streams are open; <see cref="DefaultInterval"/> without any.</summary>
    public TimeSpan Interval
    {
        get
        {
            lock (_gate)
            {
                return _intervals.Count > 0 ? _intervals.Min() : DefaultInterval;
            }
        }
    }

    /// <summary>What is done for an interval that was asked for.</summary>
    public static TimeSpan Bound(TimeSpan interval) => interval <= TimeSpan.Zero
        ? DefaultInterval
        : TimeSpan.FromTicks(Math.Clamp(interval.Ticks, MinimumInterval.Ticks, MaximumInterval.Ticks));

    /// <summary>A sample now and then one each <see cref="Bound"/> interval, until cancelled.</summary>
    public async IAsyncEnumerable<StatisticsSample> SampleAsync(
        TimeSpan interval, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bounded = Bound(interval);
        lock (_gate)
        {
            _intervals.Add(bounded);
        }

        try
        {
            using var timer = new PeriodicTimer(bounded, timeProvider);
            do
            {
                if (await TryGetAsync(bounded * SharedPartOfInterval, cancellationToken).ConfigureAwait(false) is { } sample)
                {
                    yield return sample;
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            lock (_gate)
            {
                _intervals.Remove(bounded);
            }
        }
    }

    /// <summary>
    /// The streams' newest sample as long as their next one is not due, else a new one, which everybody who asks meanwhile
    /// shares.
    /// </summary>
    public Task<StatisticsSample> ReadSharedAsync() => GetAsync(Interval);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Task<StatisticsSample>? pending;
        lock (_gate)
        {
            pending = _pending;
        }

        if (pending is not null)
        {
            await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _stopping.Dispose();
    }

    /// <summary>Null when the sample failed: a stream continues without it, since Nomad would not open the stream again.</summary>
    private async Task<StatisticsSample?> TryGetAsync(TimeSpan maximumAge, CancellationToken cancellationToken)
    {
        try
        {
            var sample = await GetAsync(maximumAge).WaitAsync(cancellationToken).ConfigureAwait(false);
            _isFailing = false;
            return sample;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && !_stopping.IsCancellationRequested)
        {
            if (!_isFailing)
            {
                logger.SampleFailed(exception);
            }

            _isFailing = true;
            return null;
        }
    }

    private Task<StatisticsSample> GetAsync(TimeSpan maximumAge)
    {
        lock (_gate)
        {
            if (_last is { } last && timeProvider.GetElapsedTime(_lastTaken) < maximumAge)
            {
                return Task.FromResult(last);
            }

            return _pending ??= ReadAsync();
        }
    }

    private async Task<StatisticsSample> ReadAsync()
    {
        // Off the caller's lock and thread: a backend may block before its first await.
        await Task.Yield();
        var taken = timeProvider.GetTimestamp();
        StatisticsSample? sample = null;
        try
        {
            sample = await ReadDevicesAsync().ConfigureAwait(false);
            Sampled.Tell(sample, exception => logger.ListenerFailed("samples", exception));
            return sample;
        }
        finally
        {
            lock (_gate)
            {
                (_last, _lastTaken) = (sample, taken);
                _pending = null;
            }
        }
    }

    private async Task<StatisticsSample> ReadDevicesAsync()
    {
        var timestamp = timeProvider.GetUtcNow();
        var inventory = monitor.Current;
        var gpus = inventory.Physical.Select(device => device.Gpu).ToList();
        var readings = await ReadAllAsync(gpus).ConfigureAwait(false);
        var xids = gpus.Select(gpu => gpu.PhysicalUuid).Distinct(StringComparer.Ordinal)
            .ToDictionary(uuid => uuid, monitor.Health.XidsOf, StringComparer.Ordinal);
        return new StatisticsSample(timestamp, inventory, readings, xids, OccurrencesOf(gpus));
    }

    private Dictionary<string, CauseOccurrences> OccurrencesOf(List<GpuDevice> gpus)
    {
        var occurrences = new Dictionary<string, CauseOccurrences>(StringComparer.Ordinal);
        foreach (var gpu in gpus)
        {
            if (monitor.Health.OccurrencesOf(gpu) is { } known)
            {
                occurrences[gpu.Uuid] = known;
            }
        }

        return occurrences;
    }

    private async Task<Dictionary<string, GpuReadings>> ReadAllAsync(List<GpuDevice> gpus)
    {
        // What came too late for its own sample is too old for this one; what is still on its way is not asked again.
        foreach (var done in _late.Where(read => read.Value.IsCompleted).Select(read => read.Key).ToList())
        {
            _late.Remove(done);
        }

        var reads = gpus.Where(gpu => !_late.ContainsKey(gpu.Uuid))
            .ToDictionary(gpu => gpu.Uuid, ReadDeviceAsync, StringComparer.Ordinal);
        await ((Task)Task.WhenAll(reads.Values)).WaitAsync(DeviceLimit, timeProvider)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var (uuid, read) in reads.Where(read => !read.Value.IsCompleted))
        {
            _late[uuid] = read;
        }

        return reads.Where(read => read.Value.IsCompletedSuccessfully)
            .ToDictionary(read => read.Key, read => read.Value.Result, StringComparer.Ordinal);
    }

    private async Task<GpuReadings> ReadDeviceAsync(GpuDevice device)
    {
        if (monitor.Backend is not { } backend)
        {
            return GpuReadings.None;
        }

        try
        {
            var read = await backend.ReadAsync(device, _stopping.Token).ConfigureAwait(false);
            var readings = _plausible.Check(device.Uuid, read);
            _counters.Look(device.Uuid, readings, monitor.Load);
            return readings;
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            // A backend does not throw by contract. Should one do for one device, the others keep their statistics.
            logger.ReadFailed(device.Uuid, exception);
            return GpuReadings.None;
        }
    }
}

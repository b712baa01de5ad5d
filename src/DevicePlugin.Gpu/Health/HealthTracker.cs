using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Health;

/// <summary>
/// Turns what enumerations and events say of the GPUs into the health of devices. Kept per physical GPU, from which MIG
/// instances and replicas derive theirs; a cause that names one instance is that instance's only.
/// </summary>
internal sealed class HealthTracker(TimeProvider timeProvider, ILogger logger)
{
    // More GPUs than any node has: what is beyond comes from broken events.
    private const int MostGpus = 1024;

    private readonly Lock _gate = new();
    private readonly long _started = timeProvider.GetTimestamp();
    private readonly Dictionary<string, GpuHealth> _gpus = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unknown = new(StringComparer.Ordinal);
    private readonly GracePeriods _graces = new();
    private readonly LogBudget _log = new(timeProvider);
    private HealthPolicy _policy = HealthPolicy.Default;
    private DriverLoad? _load;
    private DateTimeOffset? _unmonitoredSince;
    private long _events;

    public void Configure(HealthPolicy policy)
    {
        lock (_gate)
        {
            _policy = policy;
            foreach (var gpu in _gpus.Values)
            {
                gpu.Forgive(policy.Xids.Find);
            }
        }
    }

    /// <summary>Takes up what an earlier process left unfinished.</summary>
    public void Restore(HealthMemory memory)
    {
        lock (_gate)
        {
            var now = Now();
            foreach (var cause in memory.Causes)
            {
                Find(cause.Gpu)?.Restore(cause, _policy.Xids.Find, now);
            }

            foreach (var flap in memory.Flaps)
            {
                Find(flap.Gpu)?.Restore(flap, now);
            }

            foreach (var grace in memory.Graces)
            {
                _graces.Restore(grace);
            }
        }
    }

    /// <summary>What the next process is to know, in an order that depends on nothing but its content.</summary>
    public HealthMemory Remember()
    {
        lock (_gate)
        {
            var now = Now();
            var gpus = _gpus.OrderBy(gpu => gpu.Key, StringComparer.Ordinal).ToList();
            return new HealthMemory([.. gpus.SelectMany(gpu => gpu.Value.Remember(gpu.Key, _policy.Xids.Find))])
            {
                Flaps = [.. gpus.SelectMany(gpu => gpu.Value.RememberFlaps(gpu.Key, now))],
                Graces = [.. _graces.Remember()],
            };
        }
    }

    /// <summary>
    /// Counts an XID and judges it. True when health changed, or an enumeration is needed to tell.
    /// </summary>
    public bool Record(GpuEvent gpuEvent)
    {
        if (gpuEvent.Kind != GpuEventKind.Xid)
        {
            return false;
        }

        lock (_gate)
        {
            _events++;
            return gpuEvent.GpuUuid is { } uuid && Find(uuid) is { } gpu
                ? Judge(gpu, gpuEvent)
                : ReportUnknown(gpuEvent.GpuUuid ?? "");
        }
    }

    /// <summary>Whether hardware events arrive at all.</summary>
    public void SetMonitored(bool isMonitored)
    {
        lock (_gate)
        {
            _unmonitoredSince = isMonitored ? null : _unmonitoredSince ?? timeProvider.GetUtcNow();
        }
    }

    /// <summary>To be asked before an enumeration begins; what it finds is then given to <see cref="Observe"/>.</summary>
    public HealthMark Begin()
    {
        lock (_gate)
        {
            return new HealthMark(_events, Now());
        }
    }

    public void Observe(NodeReport report, HealthMark mark)
    {
        lock (_gate)
        {
            NoteLoad(report.Load, mark.Order);
            if (!report.Driver.IsLoaded && report.Devices.IsEmpty)
            {
                return;
            }

            var now = Now();
            foreach (var gpu in report.Devices.GroupBy(device => device.PhysicalUuid, StringComparer.Ordinal))
            {
                if (report.Unread.Contains(gpu.Key))
                {
                    continue;
                }

                _unknown.Remove(gpu.Key);
                if (Find(gpu.Key) is { } health)
                {
                    var devices = _graces.Apply(gpu.Key, [.. gpu], report.Load, report.Age, now.Time);
                    health.Observe(
                        new HealthObservation(devices, report.Load, mark.Order, mark.Began), _policy.Xids.Find, now);
                }
            }

            ForgetUnknown(report.Unread);
        }
    }

    public DeviceHealth Assess(GpuDevice device)
    {
        lock (_gate)
        {
            if (!_policy.Enabled)
            {
                return DeviceHealth.Healthy;
            }

            var health = _gpus.TryGetValue(device.PhysicalUuid, out var gpu)
                ? DeviceHealth.Of([.. gpu.Causes.Where(cause => cause.Key.Concerns(device))])
                : DeviceHealth.Healthy;
            return !health.IsUsable ? health
                : _unmonitoredSince is { } since
                    ? Unmonitored("the driver's events do not arrive", since)
                    : gpu?.Unmonitored is { } own ? Unmonitored(own.Reason, own.Since) : health;
        }
    }

    public XidRecord XidsOf(string physicalUuid)
    {
        lock (_gate)
        {
            return _gpus.TryGetValue(physicalUuid, out var gpu) ? gpu.Xids : XidRecord.None;
        }
    }

    /// <summary>Of the cause that the device's health tells first; null while nothing is wrong with it.</summary>
    public CauseOccurrences? OccurrencesOf(GpuDevice device)
    {
        lock (_gate)
        {
            return _policy.Enabled && _gpus.TryGetValue(device.PhysicalUuid, out var gpu)
                && gpu.Causes.FirstOrDefault(cause => cause.Key.Concerns(device)) is { } first
                    ? new CauseOccurrences(first.Occurrences, first.Last.At.Time)
                    : null;
        }
    }

    private static DeviceHealth Unmonitored(string reason, DateTimeOffset since) =>
        new(HealthState.Unmonitored, $"unmonitored: {reason}", since);

    private Moment Now() => new(timeProvider.GetUtcNow(), timeProvider.GetElapsedTime(_started));

    private void NoteLoad(DriverLoad? load, long order)
    {
        _load = load ?? _load;
        foreach (var gpu in _gpus.Values)
        {
            gpu.RunsUnder(load, order);
        }
    }

    private GpuHealth? Find(string uuid)
    {
        if (!_gpus.TryGetValue(uuid, out var gpu) && _gpus.Count < MostGpus && !_unknown.Contains(uuid))
        {
            _gpus[uuid] = gpu = new GpuHealth();
        }

        return gpu;
    }

    private bool Judge(GpuHealth gpu, GpuEvent xid)
    {
        gpu.Count(xid.Data);
        var entry = _policy.Xids.Find(xid.Data);
        var isPossible = _policy.Xids.IsPossible(xid.Data);
        Report(xid, entry, isPossible);
        return isPossible && (entry.IsUnfit || entry.Resolution == XidResolution.OwnWorkflow)
            && gpu.Judge(xid, entry, Occurrence.OfEvent(Now(), _events, _load));
    }

    private void Report(GpuEvent xid, XidEntry entry, bool isPossible)
    {
        if (!_log.TryTake(out var suppressed))
        {
            return;
        }

        if (suppressed > 0)
        {
            logger.XidsNotLogged(suppressed);
        }

        if (isPossible)
        {
            logger.XidSeen(xid.Data, xid.GpuUuid, entry.Meaning, entry.Resolution);
        }
        else
        {
            logger.XidImpossible(xid.Data, xid.GpuUuid);
        }
    }

    // Nothing but a new GPU explains one, and an enumeration tells.
    private bool ReportUnknown(string uuid)
    {
        if (_unknown.Count < MostGpus && _unknown.Add(uuid))
        {
            logger.EventOfUnknownGpu(uuid);
        }

        return false;
    }

    private void ForgetUnknown(ImmutableArray<string> unread)
    {
        foreach (var (uuid, gpu) in _gpus)
        {
            if (gpu.IsKnown || unread.Contains(uuid))
            {
                continue;
            }

            if (gpu.Xids.Count > 0)
            {
                ReportUnknown(uuid);
            }

            if (gpu.Causes.Count == 0)
            {
                _gpus.Remove(uuid);
            }
        }
    }
}

using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Health;

/// <summary>
/// Turns what enumerations and events say of the GPUs into the health of devices. Kept per physical GPU, from which MIG
/// instances and replicas derive theirs; a cause that names one instance is that instance's only.
/// </summary>
internal sealed partial class HealthTracker(TimeProvider timeProvider, ILogger logger)
{
    // More GPUs than any node has: what is beyond comes from broken events.
    private const int MostGpus = 1024;

    private readonly Lock _gate = new();
    private readonly long _started = timeProvider.GetTimestamp();
    private readonly Dictionary<string, GpuHealth> _gpus = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unknown = new(StringComparer.Ordinal);
    private readonly GracePeriods _graces = new();
    private readonly GpuEventLog _log = new(timeProvider, logger);
    private HealthPolicy _policy = HealthPolicy.Default;
    private DriverLoad? _load;
    private DateTimeOffset? _unmonitoredSince;
    private KernelLogPosition? _judgedLine;
    private KernelLogTotals _kernelLog = KernelLogTotals.None;
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

    /// <summary>Takes an operator's word that GPUs were reset. What happens from here on is not covered.</summary>
    public void DeclareReset(Func<string, bool> isReset)
    {
        lock (_gate)
        {
            foreach (var gpu in _gpus.Where(gpu => isReset(gpu.Key)))
            {
                gpu.Value.DeclareReset();
            }
        }
    }

    /// <summary>Ends a GPU's causes that the driver does not take back by itself, and says which.</summary>
    public ImmutableArray<CauseReport> Clear(string uuid)
    {
        lock (_gate)
        {
            return _gpus.TryGetValue(uuid, out var gpu) ? gpu.Clear() : [];
        }
    }

    /// <summary>The GPUs with which something is wrong, present or not.</summary>
    public ImmutableArray<string> SickGpus
    {
        get
        {
            lock (_gate)
            {
                return
                [
                    .. _gpus.Where(gpu => gpu.Value.Causes.Count > 0).Select(gpu => gpu.Key).Order(StringComparer.Ordinal),
                ];
            }
        }
    }

    /// <summary>What is wrong with a GPU and its instances, whatever the configuration makes of it.</summary>
    public ImmutableArray<CauseReport> CausesOf(string uuid)
    {
        lock (_gate)
        {
            return _gpus.TryGetValue(uuid, out var gpu)
                ? [.. gpu.Causes.Select(cause => CauseReport.Of(cause) with { IsWithheld = gpu.Withholds(cause, _policy) })]
                : [];
        }
    }

    /// <summary>What is wrong with a device, also what the configuration only reports; nothing while health is not watched.</summary>
    public ImmutableArray<CauseReport> CausesOf(GpuDevice device)
    {
        lock (_gate)
        {
            return _policy.Enabled && _gpus.TryGetValue(device.PhysicalUuid, out var gpu)
                ?
                [
                    .. gpu.Causes.Where(cause => cause.Key.Concerns(device))
                        .Select(cause => CauseReport.Of(cause) with { IsWithheld = _policy.Withholds(cause, device) }),
                ]
                : [];
        }
    }

    /// <summary>
    /// Counts an XID and judges it. True when health changed, or an enumeration is needed to tell.
    /// </summary>
    public bool Record(GpuEvent gpuEvent)
    {
        bool isNews;
        lock (_gate)
        {
            isNews = RecordLocked(gpuEvent);
        }

        _log.Tell();
        return isNews;
    }

    /// <summary>The last line of the kernel log that was judged, by this process or an earlier one; null: none was.</summary>
    public KernelLogPosition? JudgedLine
    {
        get
        {
            lock (_gate)
            {
                return _judgedLine;
            }
        }
    }

    /// <summary>Up to which lines operators cleared GPUs while no plugin ran.</summary>
    public ImmutableArray<KernelLogPosition> ClearedLines
    {
        get
        {
            lock (_gate)
            {
                return [.. _gpus.Values.Select(gpu => gpu.RememberClear()?.Line).OfType<KernelLogPosition>().Distinct()];
            }
        }
    }

    public KernelLogTotals KernelLog
    {
        get
        {
            lock (_gate)
            {
                return _kernelLog;
            }
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
            // An event that turns out to be earlier has this number too; no other event has it.
            return new HealthMark(++_events, Now());
        }
    }

    public void Observe(NodeReport report, HealthMark mark)
    {
        lock (_gate)
        {
            ObserveLocked(report, mark);
        }

        _log.Tell();
    }

    public DeviceHealth Assess(GpuDevice device)
    {
        lock (_gate)
        {
            if (!_policy.Enabled)
            {
                return DeviceHealth.Healthy;
            }

            var gpu = _gpus.GetValueOrDefault(device.PhysicalUuid);
            var health = gpu is null ? DeviceHealth.Healthy : DeviceHealth.Of(Judge(gpu, device));
            return !health.IsUsable ? health
                : _unmonitoredSince is { } since
                    ? health.And(Unmonitored("the driver's events do not arrive", since))
                    : gpu?.Unmonitored is { } own ? health.And(Unmonitored(own.Reason, own.Since)) : health;
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
                && Judge(gpu, device) is [var first, ..]
                    ? new CauseOccurrences(first.Cause.Occurrences, first.Cause.Last.At.Time)
                    : null;
        }
    }

    private bool RecordLocked(GpuEvent gpuEvent)
    {
        _judgedLine = KernelLogPosition.Newer(_judgedLine, gpuEvent.Line);
        if (gpuEvent.Kind != GpuEventKind.Xid)
        {
            Count(gpuEvent);
            return false;
        }

        _events++;
        return gpuEvent.GpuUuid is { } uuid && Find(uuid, isSure: gpuEvent.Line is not null) is { } gpu
            ? Judge(gpu, gpuEvent, Occurrence.OfEvent(Now(), _events, _load))
            : ReportUnknown(gpuEvent.GpuUuid ?? "");
    }

    private void ObserveLocked(NodeReport report, HealthMark mark)
    {
        NoteLoad(report.Load, mark.Order);
        RecordPast(report, mark);
        if (!report.IsPartial)
        {
            EndReadings(report);
        }

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
                var devices = _graces.Apply(gpu.Key, [.. gpu], report.Load, report.Age, now);
                health.Observe(
                    new HealthObservation(devices, report.Load, mark.Order, mark.Began), _policy.Xids.Find, now);
            }
        }

        if (!report.IsPartial)
        {
            ForgetUnknown(report.Unread);
        }
    }

    /// <summary>Ends "not read yet" for GPUs that were listed in advance and turned out to be absent.</summary>
    private void EndReadings(NodeReport report)
    {
        var present = report.Devices.Select(device => device.PhysicalUuid).ToHashSet(StringComparer.Ordinal);
        foreach (var (_, gpu) in _gpus.Where(gpu => !present.Contains(gpu.Key)))
        {
            gpu.EndReading();
        }
    }

    /// <summary>A device's causes in the order in which they are told.</summary>
    private List<JudgedCause> Judge(GpuHealth gpu, GpuDevice device) =>
    [
        .. gpu.Causes.Where(cause => cause.Key.Concerns(device))
            .Select(cause => new JudgedCause(cause, _policy.Withholds(cause, device)))
            .OrderByDescending(cause => cause.IsWithheld),
    ];

    private static DeviceHealth Unmonitored(string reason, DateTimeOffset since) =>
        new(HealthState.Unmonitored, $"unmonitored: {reason}", since) { Word = CauseWord.Unmonitored };

    private Moment Now() => new(timeProvider.GetUtcNow(), timeProvider.GetElapsedTime(_started));

    private void NoteLoad(DriverLoad? load, long order)
    {
        _load = load ?? _load;
        foreach (var gpu in _gpus.Values)
        {
            gpu.RunsUnder(load, order);
        }
    }

    /// <summary>What happened before the enumeration, so that its readings may already speak against it.</summary>
    private void RecordPast(NodeReport report, HealthMark mark)
    {
        var now = Now();
        foreach (var past in report.Past)
        {
            _judgedLine = KernelLogPosition.Newer(_judgedLine, past.Line);
            if (past is not { Kind: GpuEventKind.Xid, GpuUuid: { } uuid })
            {
                Count(past);
            }
            else if (Find(uuid, isSure: true) is { } gpu)
            {
                gpu.Meet([.. report.Devices.Where(device => device.PhysicalUuid == uuid)]);
                var last = past.LastAt ?? past.At ?? now.Time;
                Judge(gpu, past, new Occurrence(Moment.Restore(last, now), mark.Order, report.Load));
            }
        }
    }

    private void Count(GpuEvent gpuEvent)
    {
        if (gpuEvent.Kind == GpuEventKind.SwitchError)
        {
            _kernelLog = _kernelLog with { SwitchErrors = _kernelLog.SwitchErrors.With(gpuEvent.Data, gpuEvent.Count) };
            _log.AddSwitchError(gpuEvent);
        }
        else if (gpuEvent.Kind == GpuEventKind.LogLinesLost)
        {
            _kernelLog = _kernelLog with { LinesLost = _kernelLog.LinesLost + gpuEvent.Data };
            _log.AddLinesLost(gpuEvent.Data);
        }
    }

    /// <param name="uuid">The physical GPU.</param>
    /// <param name="isSure">Whether there is such a GPU, also when no enumeration has it.</param>
    private GpuHealth? Find(string uuid, bool isSure = false)
    {
        if (!_gpus.TryGetValue(uuid, out var gpu) && _gpus.Count < MostGpus && (isSure || !_unknown.Contains(uuid)))
        {
            _gpus[uuid] = gpu = new GpuHealth();
        }

        return gpu;
    }

    private bool Judge(GpuHealth gpu, GpuEvent xid, Occurrence occurrence)
    {
        gpu.Count(xid.Data, xid.Count);
        var entry = _policy.Xids.Find(xid.Data);
        var isPossible = _policy.Xids.IsPossible(xid.Data);
        _log.AddXid(xid, entry, isPossible);
        return isPossible && (entry.IsUnfit || entry.IsConditional)
            && !gpu.IsCleared(xid.Line)
            && gpu.Judge(xid, entry, occurrence);
    }

    // Nothing but a new GPU explains one, and an enumeration tells.
    private bool ReportUnknown(string uuid)
    {
        if (_unknown.Count < MostGpus && _unknown.Add(uuid))
        {
            _log.AddUnknownGpu(uuid);
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

using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>
/// Tells an XID once that both the driver's events and the kernel log report. Each event is the pair of one line of the same
/// XID and GPU that arrives within two seconds before or after it. An event is told at once; a line waits for its event,
/// which knows the MIG instance on every driver, and is told as an XID of its own when none comes. Lines leave in the order
/// in which they came, so that the last one that left says what was judged.
/// </summary>
internal sealed class XidPairing : IDisposable
{
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    // In a flood the oldest do not wait any longer.
    private const int MostWaiting = 1024;

    private readonly Action<GpuEvent> _publish;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _lines = [];
    private readonly List<(GpuEvent Xid, long Arrived)> _events = [];

    public XidPairing(Action<GpuEvent> publish, TimeProvider time)
    {
        _publish = publish;
        _time = time;
        _timer = time.CreateTimer(_ => Tell(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>An XID that was told by an event.</summary>
    public void SeeEvent(GpuEvent xid)
    {
        lock (_gate)
        {
            var line = _lines.FirstOrDefault(
                line => !line.IsPaired && !IsOver(line.Arrived) && IsSame(line.Xid, xid));
            if (line is not null)
            {
                line.IsPaired = true;
                return;
            }

            ForgetEvents();
            if (_events.Count == MostWaiting)
            {
                _events.RemoveAt(0);
            }

            _events.Add((xid, _time.GetTimestamp()));
        }
    }

    /// <summary>An XID that the kernel log has.</summary>
    public void SeeLine(GpuEvent xid)
    {
        lock (_gate)
        {
            ForgetEvents();
            var pair = _events.FindIndex(other => IsSame(xid, other.Xid));
            if (pair >= 0)
            {
                _events.RemoveAt(pair);
            }

            _lines.Enqueue(new Waiting(xid, _time.GetTimestamp()) { IsPaired = pair >= 0 });
        }

        Tell();
    }

    /// <summary>What waits is of an earlier load of the driver.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _lines.Clear();
            _events.Clear();
        }
    }

    public void Dispose() => _timer.Dispose();

    private static bool IsSame(GpuEvent line, GpuEvent xid) => line.GpuUuid == xid.GpuUuid && line.Data == xid.Data
        && (line.GpuInstanceId is null || xid.GpuInstanceId is null || line.GpuInstanceId == xid.GpuInstanceId);

    private bool IsOver(long arrived) => _time.GetElapsedTime(arrived) >= Window;

    private void ForgetEvents() => _events.RemoveAll(other => IsOver(other.Arrived));

    private void Tell()
    {
        var told = new List<GpuEvent>();
        lock (_gate)
        {
            while (_lines.TryPeek(out var line)
                && (line.IsPaired || IsOver(line.Arrived) || _lines.Count > MostWaiting))
            {
                _lines.Dequeue();
                told.Add(line.IsPaired ? line.Xid with { Kind = GpuEventKind.XidLogged } : line.Xid);
            }

            if (_lines.TryPeek(out var next))
            {
                _timer.Change(Window - _time.GetElapsedTime(next.Arrived), Timeout.InfiniteTimeSpan);
            }
        }

        told.ForEach(_publish);
    }

    private sealed record Waiting(GpuEvent Xid, long Arrived)
    {
        public bool IsPaired { get; set; }
    }
}

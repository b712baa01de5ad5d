namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// How long an enumeration waits for what a driver load has not answered yet. A slow driver is waited for once, for as long as the
/// first message to Nomad allows; after that, reports have what is known, and the rest follows when it is read.
/// </summary>
internal sealed class ReadingTime(TimeProvider time)
{
    /// <summary>How long the GPUs that answer wait for one that does not.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// From the first enumeration to its report, opening the driver included. The node's files are examined after that, and the
    /// first message is due when both are done (InventoryMonitor.FirstMessageDeadline, HandOutKeeper.Grace).
    /// </summary>
    public static readonly TimeSpan FirstReport = TimeSpan.FromSeconds(11);

    /// <summary>From a driver that has been opened to the first report of its GPUs.</summary>
    public static readonly TimeSpan FirstReading = TimeSpan.FromSeconds(8);

    /// <summary>CUDA adds a few attributes: GPUs that have been read do not wait longer for them.</summary>
    public static readonly TimeSpan ForCuda = TimeSpan.FromSeconds(3);

    private NvmlSession? _session;
    private long? _begun;
    private long _opened;
    private bool _hasReported;

    /// <summary>Call when an enumeration begins.</summary>
    public void Begin() => _begun ??= time.GetTimestamp();

    /// <summary>Call when the driver is open.</summary>
    public void Open(NvmlSession session)
    {
        if (_session != session)
        {
            _session = session;
            _opened = time.GetTimestamp();
        }
    }

    /// <summary>Call when an enumeration ends, whether or not the GPUs were read.</summary>
    public void Report() => _hasReported = true;

    /// <summary>How long to wait for GPUs that were never read.</summary>
    public TimeSpan Left()
    {
        var reading = FirstReading - time.GetElapsedTime(_opened);
        var report = _hasReported || _begun is not { } begun ? reading : FirstReport - time.GetElapsedTime(begun);
        return new TimeSpan(Math.Max(0, Math.Min(reading.Ticks, report.Ticks)));
    }

    /// <summary>How long to wait for CUDA when the GPUs have been read.</summary>
    public TimeSpan LeftForCuda() => new(Math.Min(Left().Ticks, ForCuda.Ticks));
}

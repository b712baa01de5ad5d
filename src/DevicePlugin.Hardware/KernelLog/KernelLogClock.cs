using DevicePlugin.Hardware.State;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>
/// Dates lines of the kernel log, which counts from the boot. It drifts and does not count time in suspension: good enough
/// to say when something happened, too bad to tell what happened first.
/// </summary>
internal sealed class KernelLogClock
{
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly TimeSpan? _uptime;

    public KernelLogClock(string procRoot, TimeProvider time)
    {
        _time = time;
        _started = time.GetTimestamp();
        _uptime = BootClock.ReadUptime(procRoot);
    }

    /// <summary>
    /// Never in the future; now, where the kernel does not say when it booted. By its age and today's date: a date of the boot would be
    /// wrong once the clock is set, and what has just happened seem long over.
    /// </summary>
    public DateTimeOffset DateOf(long microseconds)
    {
        var now = _time.GetUtcNow();
        return _uptime is { } uptime && (uptime + _time.GetElapsedTime(_started)).TotalMicroseconds - microseconds is > 0 and var age
            ? now - TimeSpan.FromMicroseconds(Math.Min(age, (now - DateTimeOffset.UnixEpoch).TotalMicroseconds))
            : now;
    }
}

using System.Globalization;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>
/// Dates lines of the kernel log, which counts from the boot. It drifts and does not count time in suspension: good enough
/// to say when something happened, too bad to tell what happened first.
/// </summary>
internal sealed class KernelLogClock
{
    private readonly TimeProvider _time;
    private readonly DateTimeOffset? _boot;

    public KernelLogClock(string procRoot, TimeProvider time)
    {
        _time = time;
        var words = TextFile.TryRead(Path.Combine(procRoot, "uptime"))?.Split(' ');
        if (double.TryParse(words?[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= TimeSpan.FromDays(36500).TotalSeconds)
        {
            _boot = time.GetUtcNow() - TimeSpan.FromSeconds(seconds);
        }
    }

    /// <summary>Never in the future; now, where the kernel does not say when it booted.</summary>
    public DateTimeOffset DateOf(long microseconds)
    {
        var now = _time.GetUtcNow();
        return _boot is { } boot && microseconds < (now - boot).TotalMicroseconds
            ? boot + TimeSpan.FromMicroseconds(microseconds)
            : now;
    }
}

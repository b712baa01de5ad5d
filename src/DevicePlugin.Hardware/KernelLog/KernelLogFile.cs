using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>Whether a kernel log can be read.</summary>
public static class KernelLogFile
{
    // Reading even the largest log takes a fraction of this.
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Why not; null when it can. The mode of the file does not tell: the kernel asks for CAP_SYSLOG when it is opened, unless
    /// kernel.dmesg_restrict is 0.
    /// </summary>
    public static string? FindProblem(string path)
    {
        using var log = KernelLogDevice.Open(path, out var problem);
        return log is null ? problem : null;
    }

    /// <summary>
    /// The last line that the log has at this moment, which is before every line if it has none. Null where that cannot be told:
    /// the log cannot be read, or nothing tells its boot from another one.
    /// </summary>
    public static KernelLogPosition? FindEnd(string path, string? bootId, TimeProvider timeProvider, out string problem)
    {
        using var log = KernelLogDevice.Open(path, out problem);
        if (log is null || bootId is null)
        {
            problem = log is null ? problem : "the kernel has no boot id";
            return null;
        }

        var began = timeProvider.GetTimestamp();
        var buffer = new RecordBuffer();
        var last = new KernelLogPosition(bootId, -1);
        while (timeProvider.GetElapsedTime(began) < EndLimit)
        {
            switch (log.Read(buffer.Free, out var length, out problem))
            {
                case LogRead.Data:
                    buffer.Fill(length);
                    last = last with { Sequence = Math.Max(last.Sequence, LastOf(buffer)) };
                    break;
                case LogRead.NothingYet:
                    return last;
                case LogRead.Failed:
                    return null;
            }
        }

        // More is written than can be read: what was not reached is not covered.
        return last;
    }

    private static long LastOf(RecordBuffer buffer)
    {
        var last = -1L;
        while (buffer.TryTake(out var line))
        {
            last = KernelLogRecord.TryParse(line, out var record) ? Math.Max(last, record.Sequence) : last;
        }

        return last;
    }
}

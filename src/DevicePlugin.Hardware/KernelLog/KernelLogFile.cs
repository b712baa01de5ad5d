namespace DevicePlugin.Hardware.KernelLog;

/// <summary>Whether a kernel log can be read.</summary>
public static class KernelLogFile
{
    /// <summary>
    /// Why not; null when it can. The mode of the file does not tell: the kernel asks for CAP_SYSLOG when it is opened, unless
    /// kernel.dmesg_restrict is 0.
    /// </summary>
    public static string? FindProblem(string path)
    {
        using var log = KernelLogDevice.Open(path, out var problem);
        return log is null ? problem : null;
    }
}

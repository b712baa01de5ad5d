using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Tools;

/// <summary>What a process takes over from whoever starts it, and must not depend on.</summary>
public static partial class ProcessStart
{
    // 022 and 077.
    private const uint OthersWrite = 0x12;
    private const uint AllOfOthers = 0x3F;

    // signal.h, the same on x64 and arm64.
    private const int FileSizeSignal = 25;
    private const nint Ignore = 1;

    /// <summary>
    /// Call first. What files are made with explicit modes does not depend on the umask, but the programs that are started inherit it. A
    /// write beyond the limit for the size of a file (ulimit -f) fails instead of ending the process, so that it is reported and what
    /// was written is removed.
    /// </summary>
    /// <param name="keepsStrictMask">Whether a person's umask may take more rights from group and others.</param>
    public static void Prepare(bool keepsStrictMask)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        _ = SetHandler(FileSizeSignal, Ignore);
        var former = SetMask(OthersWrite);
        if (keepsStrictMask && (former & AllOfOthers & ~OthersWrite) != 0)
        {
            _ = SetMask((former & AllOfOthers) | OthersWrite);
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);
}

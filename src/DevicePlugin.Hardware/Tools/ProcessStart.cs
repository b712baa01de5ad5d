using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Tools;

/// <summary>Resets what the process inherits from its parent and must not depend on.</summary>
public static partial class ProcessStart
{
    // 022 and 077.
    private const uint OthersWrite = 0x12;
    private const uint AllOfOthers = 0x3F;

    // signal.h, the same on x64 and arm64.
    private const int FileSizeSignal = 25;
    private const nint Ignore = 1;

    /// <summary>
    /// Call first. Sets a umask for the programs that are started; our own files have explicit modes. Ignores SIGXFSZ, so that a write
    /// beyond ulimit -f fails, is reported, and leaves no partial file, instead of killing the process.
    /// </summary>
    /// <param name="keepsStrictMask">Whether to keep a stricter umask of the user.</param>
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

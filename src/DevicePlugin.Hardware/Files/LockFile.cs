using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Hardware.Files;

/// <summary>A file that one process at a time holds (flock(2)). The kernel gives it back when the process ends.</summary>
internal static partial class LockFile
{
    // Whoever can open the file can take the lock.
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // sys/file.h and errno.h: LOCK_EX | LOCK_NB, EWOULDBLOCK. On Windows: ERROR_SHARING_VIOLATION.
    private const int ExclusiveNow = 6;
    private const int WouldBlock = 11;
    private const int SharingViolation = unchecked((int)0x80070020);

    /// <summary>Creates the file if necessary. Returns null while another process holds the lock.</summary>
    /// <exception cref="IOException">The path is not a regular file, for example a symlink, or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be opened.</exception>
    public static SafeFileHandle? TryTake(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return TryOpenAlone(path);
        }

        var file = PlainFile.OpenOrCreate(path, OwnerOnly);

        // Like .NET: on a file system without locks, the file is used without one.
        if (Lock(file, ExclusiveNow) == 0 || Marshal.GetLastPInvokeError() != WouldBlock)
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    private static SafeFileHandle? TryOpenAlone(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception.HResult is WouldBlock or SharingViolation)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(SafeFileHandle file, int operation);
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Hardware.Files;

/// <summary>Writes a folder's entries to disk, which .NET has no call for: until then a power failure undoes a rename.</summary>
internal static partial class FolderSync
{
    private const int CloseOnExec = 0x80000;

    // errno.h: what file systems answer that keep no folders on a disk.
    private const int Invalid = 22;
    private const int NotSupported = 95;

    /// <exception cref="IOException">The disk did not take it.</exception>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var handle = new SafeFileHandle(OpenFolder(folder, CloseOnExec), ownsHandle: true);
        if ((handle.IsInvalid || Sync(handle) != 0) && Marshal.GetLastPInvokeError() is var error and not (Invalid or NotSupported))
        {
            throw new IOException($"the folder \"{folder}\" cannot be written to disk: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);
}

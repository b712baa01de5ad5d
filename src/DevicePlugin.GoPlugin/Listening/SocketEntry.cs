using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.GoPlugin.Listening;

/// <summary>
/// A socket's entry in its folder. Where others may write that folder, something else may have taken its place by now: through a
/// link, root would open or give away any file. What is opened here is the entry itself, and what is changed is what was looked at.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal static partial class SocketEntry
{
    private const uint UnchangedOwner = uint.MaxValue;

    // fcntl.h; O_NOFOLLOW differs between processors.
    private const int PathOnly = 0x200000;
    private const int CloseOnExec = 0x80000;
    private const int EmptyPath = 0x1000;

    // struct statx (include/uapi/linux/stat.h): STATX_TYPE, STATX_NLINK and STATX_UID of 256 bytes.
    private const uint WantedStatus = 0xD;
    private const int StatxSize = 256;
    private const int LinksOffset = 16;
    private const int OwnerOffset = 20;
    private const int ModeOffset = 28;
    private const int KindMask = 0xF000;
    private const int Socket = 0xC000;

    private static int NoFollow => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <param name="path">Of a socket that this process has bound.</param>
    /// <param name="groupId">Null: it stays that of the process.</param>
    /// <param name="mode">Who may connect.</param>
    /// <exception cref="PluginStartException">It is something else by now, or may not be given to the group.</exception>
    public static void Protect(string path, uint? groupId, UnixFileMode mode)
    {
        if (!OperatingSystem.IsLinux())
        {
            Check(groupId is { } other ? ChangeOwnerOfLink(path, UnchangedOwner, other) : 0, path, groupId);
            File.SetUnixFileMode(path, mode);
            return;
        }

        using var entry = new SafeFileHandle(OpenEntry(path, PathOnly | CloseOnExec | NoFollow), ownsHandle: true);
        if (entry.IsInvalid || !IsOwnSocket(entry))
        {
            throw new PluginStartException(
                $"The socket \"{path}\" was replaced by something else; set PLUGIN_UNIX_SOCKET_DIR to a folder that only root can write.");
        }

        Check(groupId is { } group ? ChangeOwner(entry, "", UnchangedOwner, group, EmptyPath) : 0, path, groupId);

        // An entry that is only referred to has no other way to its mode.
        File.SetUnixFileMode($"/proc/self/fd/{entry.DangerousGetHandle()}", mode);
    }

    private static void Check(int result, string path, uint? groupId)
    {
        if (result != 0)
        {
            throw new PluginStartException(
                $"The socket \"{path}\" cannot be given to group {groupId} of PLUGIN_UNIX_SOCKET_GROUP: " +
                $"{Marshal.GetLastPInvokeErrorMessage()}; run the plugin as a member of the group.");
        }
    }

    // A second name of somebody else's socket would be no better than a link.
    private static bool IsOwnSocket(SafeFileHandle entry)
    {
        Span<byte> status = stackalloc byte[StatxSize];
        try
        {
            return Statx(entry, "", EmptyPath, WantedStatus, status) == 0
                && (BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]) & KindMask) == Socket
                && BinaryPrimitives.ReadUInt32LittleEndian(status[LinksOffset..]) == 1
                && BinaryPrimitives.ReadUInt32LittleEndian(status[OwnerOffset..]) == CurrentUser();
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than the call. A link is still not followed.
            return true;
        }
    }

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int ChangeOwnerOfLink(string path, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "fchownat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int ChangeOwner(SafeFileHandle entry, string path, uint owner, uint group, int flags);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenEntry(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(SafeFileHandle entry, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint CurrentUser();
}

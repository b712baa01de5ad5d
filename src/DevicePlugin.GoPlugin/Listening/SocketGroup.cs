using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace DevicePlugin.GoPlugin.Listening;

/// <summary>Groups of the system, which .NET has no call for.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class SocketGroup
{
    private const int RangeError = 34;
    private const int FirstBufferSize = 1024;
    private const int LargestBufferSize = 1024 * 1024;

    /// <exception cref="PluginStartException">There is no such group.</exception>
    public static uint Resolve(string nameOrId)
    {
        if (uint.TryParse(nameOrId, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return id;
        }

        // A group with many members does not fit the first buffer; POSIX then wants a larger one.
        for (var size = FirstBufferSize; size <= LargestBufferSize; size *= 4)
        {
            var buffer = new byte[size];
            var error = GetGroupByName(nameOrId, out var group, buffer, size, out var found);
            if (error == 0 && found != 0)
            {
                return group.Id;
            }

            if (error != RangeError)
            {
                break;
            }
        }

        throw new PluginStartException(
            $"The group \"{nameOrId}\" of PLUGIN_UNIX_SOCKET_GROUP does not exist on this system.");
    }

    [LibraryImport("libc", EntryPoint = "getgrnam_r", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetGroupByName(
        string name, out GroupEntry group, [Out] byte[] buffer, nint bufferSize, out nint found);

    // struct group of grp.h, the same on glibc, musl and macOS.
    [StructLayout(LayoutKind.Sequential)]
    private struct GroupEntry
    {
        public nint Name;
        public nint Password;
        public uint Id;
        public nint Members;
    }
}

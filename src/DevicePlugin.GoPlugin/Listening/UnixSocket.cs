using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using DevicePlugin.GoPlugin.Handshake;

namespace DevicePlugin.GoPlugin.Listening;

[UnsupportedOSPlatform("windows")]
internal static class UnixSocket
{
    // sun_path of sockaddr_un has 108 bytes on Linux, one of them for the terminating zero.
    private const int LongestPath = 107;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerAndGroup = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>Listens on a new socket that only its owner, or also <paramref name="group"/>, may connect to.</summary>
    /// <exception cref="PluginStartException">
    /// The folder cannot be used, the path is too long, or the group is unknown.
    /// </exception>
    public static (Socket Socket, string Path) Listen(string directory, string? group)
    {
        // The system's own words for this are "Cannot assign requested address".
        if (!Directory.Exists(directory))
        {
            throw new PluginStartException(
                $"The folder for the socket, \"{directory}\", does not exist. It is the one in " +
                $"{GoPluginProtocol.UnixSocketDirectoryVariable}, or the system's for temporary files.");
        }

        var path = NewPath(directory);
        var groupId = group is null ? (uint?)null : SocketGroup.Resolve(group);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));

            // Between bind and listen nobody can connect, so the umask's mode is never in force.
            if (groupId is { } gid)
            {
                SocketGroup.Give(path, gid);
            }

            File.SetUnixFileMode(path, groupId is null ? OwnerOnly : OwnerAndGroup);
            socket.Listen();
            return (socket, path);
        }
        catch (Exception ex) when (ex is SocketException or IOException or UnauthorizedAccessException)
        {
            // Disposing a bound socket removes its file.
            socket.Dispose();
            throw new PluginStartException($"The socket \"{path}\" cannot be opened: {ex.Message}", ex);
        }
        catch (PluginStartException)
        {
            socket.Dispose();
            throw;
        }
    }

    private static string NewPath(string directory)
    {
        // Guid takes its random bits from the kernel; RandomNumberGenerator would load OpenSSL for them, which costs
        // more than everything else up to the handshake line.
        var path = Path.GetFullPath(Path.Combine(directory, $"plugin-{Guid.NewGuid():N}"));
        var length = Encoding.UTF8.GetByteCount(path);
        return length <= LongestPath
            ? path
            : throw new PluginStartException(
                $"The socket path \"{path}\" has {length} bytes, at most {LongestPath} are possible; " +
                "give a shorter folder in PLUGIN_UNIX_SOCKET_DIR or TMPDIR.");
    }
}

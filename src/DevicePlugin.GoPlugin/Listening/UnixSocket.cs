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

    private const string NamePrefix = "plugin";

    // go-plugin's own name is "plugin" and up to ten digits (os.CreateTemp); a longer one here would keep the plugin from
    // starting in a folder where others start. Six of these characters are a billion names.
    private const string NameCharacters = "abcdefghijklmnopqrstuvwxyz234567";
    private const int RandomCharacters = 6;

    // So many names in a row are only taken where somebody has filled the folder with them.
    private const int Attempts = 16;

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

        var groupId = group is null ? (uint?)null : SocketGroup.Resolve(group);
        for (var attempt = 1; ; attempt++)
        {
            var path = NewPath(directory);
            if (TryListen(path, groupId, mayBeTaken: attempt < Attempts) is { } socket)
            {
                return (socket, path);
            }
        }
    }

    /// <summary>Null when the name is taken.</summary>
    private static Socket? TryListen(string path, uint? groupId, bool mayBeTaken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));

            // Between bind and listen nobody can connect, so the umask's mode is never in force.
            SocketEntry.Protect(path, groupId, groupId is null ? OwnerOnly : OwnerAndGroup);
            socket.Listen();
            return socket;
        }
        catch (SocketException ex) when (mayBeTaken && ex.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
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
        var folder = Path.GetFullPath(directory);
        var path = Path.Combine(folder, NamePrefix + RandomName());
        var length = Encoding.UTF8.GetByteCount(path);
        return length <= LongestPath
            ? path
            : throw new PluginStartException(
                $"The socket path \"{path}\" has {length} bytes, but at most {LongestPath} are possible; set " +
                $"{GoPluginProtocol.UnixSocketDirectoryVariable} or TMPDIR to a folder of at most " +
                $"{LongestPath - length + Encoding.UTF8.GetByteCount(folder)} bytes.");
    }

    private static string RandomName()
    {
        // Guid takes its random bits from the kernel; RandomNumberGenerator would load OpenSSL for them, which costs
        // more than everything else up to the handshake line.
        Span<byte> bits = stackalloc byte[16];
        _ = Guid.NewGuid().TryWriteBytes(bits);
        Span<char> name = stackalloc char[RandomCharacters];
        for (var i = 0; i < name.Length; i++)
        {
            // From the end, where no bit tells the version.
            name[i] = NameCharacters[bits[^(i + 1)] % NameCharacters.Length];
        }

        return new string(name);
    }
}

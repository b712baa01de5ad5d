using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DevicePlugin.GoPlugin.Listening;

internal static class TcpSocket
{
    /// <summary>Listens on the first free port of 127.0.0.1 in the range; on any free one when both ends are 0.</summary>
    /// <exception cref="PluginStartException">No port of the range is free.</exception>
    public static (Socket Socket, string Address) Listen(int minPort, int maxPort)
    {
        // Port 0 asks the system for any port, which may be outside the range; it is meant only when there is no range.
        var first = maxPort == 0 ? 0 : Math.Max(minPort, 1);
        for (var port = first; port <= maxPort; port++)
        {
            if (TryListen(port) is { } socket)
            {
                var bound = ((IPEndPoint)socket.LocalEndPoint!).Port;
                return (socket, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{bound}"));
            }
        }

        throw new PluginStartException($"No TCP port of 127.0.0.1 between {first} and {maxPort} is free.");
    }

    private static Socket? TryListen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Windows would otherwise let another process take the same port over.
            socket.ExclusiveAddressUse = true;
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException ex) when (
            ex.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            socket.Dispose();
            return null;
        }
    }
}

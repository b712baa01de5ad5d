using System.Net.Sockets;
using DevicePlugin.GoPlugin.Handshake;

namespace DevicePlugin.GoPlugin.Listening;

/// <summary>
/// A socket that listens before there is a server behind it: a connection waits in its backlog, so that the handshake
/// line can be printed first and the services be built while the host connects.
/// </summary>
internal sealed class PluginListener : IDisposable
{
    private readonly string? _path;

    private PluginListener(Socket socket, string network, string address, string? path)
    {
        Socket = socket;
        Network = network;
        Address = address;
        _path = path;
    }

    public Socket Socket { get; }

    public string Network { get; }

    public string Address { get; }

    /// <exception cref="PluginStartException">No socket can be had; the message says which one and why.</exception>
    public static PluginListener Open(PluginEnvironment environment, PluginTransport transport)
    {
        if (transport == PluginTransport.Tcp || OperatingSystem.IsWindows())
        {
            var (tcpSocket, address) = TcpSocket.Listen(environment.Ports.Min, environment.Ports.Max);
            return new PluginListener(tcpSocket, GoPluginProtocol.TcpNetwork, address, path: null);
        }

        var (unixSocket, path) = UnixSocket.Listen(environment.SocketDirectory, environment.SocketGroup);
        return new PluginListener(unixSocket, GoPluginProtocol.UnixNetwork, path, path);
    }

    public void Dispose()
    {
        Socket.Dispose();
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }
}

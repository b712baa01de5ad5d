using System.Net;
using System.Net.Sockets;
using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Listening;

namespace DevicePlugin.UnitTests.GoPlugin;

internal sealed class TcpSocketTests
{
    [Test]
    public void Listen_NoRange_TakesAnyPortOfLoopback()
    {
        var (socket, address) = TcpSocket.Listen(0, 0);
        using var listening = socket;

        Assert.That(address, Is.EqualTo(socket.LocalEndPoint!.ToString()));
        Assert.That(((IPEndPoint)socket.LocalEndPoint!).Address, Is.EqualTo(IPAddress.Loopback));
    }

    [Test]
    public void Listen_FirstPortTaken_TakesTheNextFreeOne()
    {
        var (first, taken) = TcpSocket.Listen(20_000, 21_000);
        using var blocking = first;
        var (second, next) = TcpSocket.Listen(Port(taken), 21_000);
        using var listening = second;

        Assert.That(Port(next), Is.GreaterThan(Port(taken)).And.LessThanOrEqualTo(21_000));
    }

    [Test]
    public void Listen_WholeRangeTaken_NamesIt()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        Assert.That(
            () => TcpSocket.Listen(port, port),
            Throws.TypeOf<PluginStartException>().With.Message.Contains($"between {port} and {port}"));
    }

    private static int Port(string address) => IPEndPoint.Parse(address).Port;
}

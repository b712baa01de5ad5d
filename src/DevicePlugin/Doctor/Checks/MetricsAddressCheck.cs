using System.Net;
using System.Net.Sockets;
using DevicePlugin.Metrics;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Whether the plugin could listen for Prometheus; a plugin that runs already does.</summary>
internal sealed class MetricsAddressCheck() : Check("metrics-address")
{
    protected override Finding Look(Examination node)
    {
        if (node.Config.Metrics.Address is not { } address)
        {
            return Finding.Pass("metrics are off");
        }

        try
        {
            Listen(address);
            return Finding.Pass($"{address} is free");
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return Finding.Warn(
                $"{address} is in use",
                "By the plugin itself, if Nomad's agent runs here (ss -ltnp tells). If not, set another metrics.address.");
        }
        catch (SocketException exception)
        {
            return Finding.Fail(
                $"nothing can listen at {address}: {exception.Message}",
                "Set metrics.address to an address of this machine and a port that the agent's user may use.");
        }
    }

    private static void Listen(HostPort address)
    {
        var ip = MetricsListener.ResolveAsync(address, CancellationToken.None).GetAwaiter().GetResult()[0];
        using var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (ip.Equals(IPAddress.IPv6Any))
        {
            socket.DualMode = true;
        }

        socket.Bind(new IPEndPoint(ip, address.Port));
        socket.Listen();
    }
}

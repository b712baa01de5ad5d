using System.Net.Sockets;
using System.Text;
using DevicePlugin.GoPlugin.Security;
using DevicePlugin.GoPlugin.Serving;
using DevicePlugin.Tests;
using Grpc.Health.V1;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.FunctionalTests.GoPlugin;

/// <summary>Connections of something that is no gRPC client, such as go-plugin's reattach, which only looks.</summary>
internal sealed class StrayConnectionTests
{
    [TestCase("", false)]
    [TestCase("GET / HTTP/1.1\r\nHost: x\r\n\r\n", false)]
    [TestCase("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame at all, but long enough", false)]
    [TestCase("\u0001\u0002\u0003", false)]
    [TestCase("", true)]
    [TestCase("GET / HTTP/1.1\r\nHost: x\r\n\r\n", true)]
    public async Task Stray_DoesNoHarmAndIsLoggedAtDebugAtMost(string text, bool mutualTls)
    {
        using var certificate = EphemeralCertificate.Create();
        using var plugin = mutualTls
            ? new TestPlugin(("PLUGIN_CLIENT_CERT", certificate.ExportCertificatePem()))
            : new TestPlugin();
        await using var host = await plugin.StartAsync();

        for (var repetition = 0; repetition < 3; repetition++)
        {
            using var socket = await PluginClient.ConnectAsync(host.Handshake).DefaultTimeout();
            await socket.SendAsync(Encoding.Latin1.GetBytes(text)).DefaultTimeout();
            socket.Shutdown(SocketShutdown.Send);
            await ReadToEndAsync(socket).DefaultTimeout();
        }

        var loud = plugin.Logs.Entries.Where(entry => entry.Level > LogLevel.Debug).ToList();
        using var client = new PluginClient(host.Handshake, certificate);
        Assert.That(await client.PingAsync().DefaultTimeout(), Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
        Assert.That(loud, Is.Empty);
        Assert.That(plugin.Logs.Named("HostLost"), Is.Empty);
    }

    [Test]
    public async Task Connections_MoreThanAnyHostHas_AreClosedAndTheHostsOwnGoesOn()
    {
        using var plugin = new TestPlugin();
        await using var host = await plugin.StartAsync();
        using var client = new PluginClient(host.Handshake);
        Assert.That(await client.PingAsync().DefaultTimeout(), Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));

        List<Socket> sockets = [];
        for (var i = 0; i < PluginServer.MostConnections + 8; i++)
        {
            sockets.Add(await PluginClient.ConnectAsync(host.Handshake).DefaultTimeout());
        }

        // A server speaks first in HTTP/2, and what it closes has ended without a word.
        var first = await Task.WhenAll(sockets.Select(FirstByteAsync)).DefaultTimeout();
        Assert.That(first.Count(length => length == 0), Is.EqualTo(9), "one is the host's");
        Assert.That(await client.PingAsync().DefaultTimeout(), Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
        Assert.That(
            plugin.Logs.Entries.Where(entry => entry.Level >= LogLevel.Warning).Select(entry => entry.Message),
            Is.EqualTo(new[]
            {
                "A connection to the plugin's socket was refused because 32 are open. Further refusals are counted and reported once a minute.",
            }));
        sockets.ForEach(socket => socket.Dispose());
    }

    private static async Task<int> FirstByteAsync(Socket socket)
    {
        try
        {
            await socket.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray());
            return await socket.ReceiveAsync(new byte[1]);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static async Task ReadToEndAsync(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Being thrown out is an end, too.
        }
    }
}

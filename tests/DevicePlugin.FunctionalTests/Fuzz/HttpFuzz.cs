using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using DevicePlugin.Composition;
using DevicePlugin.Metrics;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Tests;
using DevicePlugin.Tests.Fuzz;

namespace DevicePlugin.FunctionalTests.Fuzz;

/// <summary>The listener of metrics and the status page: whatever comes, a good client is answered after it.</summary>
internal sealed class HttpFuzz
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    [Test]
    public async Task Requests_AreAnsweredOrEnded_AndAGoodClientIsServed()
    {
        using var logs = new TestLogs();
        await using var node = new GpuNode(TimeProvider.System, logs, keepsState: false);
        await using var service = new MetricsService(node, TimeProvider.System, logs);
        node.Config.Replace(PluginConfig.Default with
        {
            Backend = BackendKind.Fake,
            Metrics = new MetricsConfig { Address = new HostPort("127.0.0.1", 0) },
        });
        await node.ReadInventoryAsync(CancellationToken.None).DefaultTimeout();
        await logs.UntilNamedAsync("MetricsServed");
        var port = int.Parse(
            Regex.Match(logs.Named("MetricsServed").Single().Message, @":(\d+)").Groups[1].Value,
            System.Globalization.CultureInfo.InvariantCulture);
        using var http = new HttpClient();

        await new FuzzRun(
            250, $"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n\r\n",
            $"GET /events HTTP/1.1\r\nHost: localhost:{port}\r\nLast-Event-ID: 7\r\n\r\n",
            $"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabcGET /healthz HTTP/1.0\r\n\r\n")
        {
            Words = ["HEAD", "OPTIONS", "CONNECT", "HTTP/2.0", "HTTP/9.9", "chunked", "Transfer-Encoding: chunked\r\n", "Host: evil\r\n", "%00", "%ff", "http://x/", "*", "PRI"],
        }.RunAsync(async input =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port)).DefaultTimeout();
            await RawConnection.ExchangeAsync(socket, input, Patience);
            var health = await http.GetStringAsync($"http://127.0.0.1:{port}/healthz").DefaultTimeout();
            FuzzRun.Require(health.Contains("devices can be used", StringComparison.Ordinal), "a good client is not served");
        });

        Assert.That(await http.GetStringAsync($"http://127.0.0.1:{port}/metrics").DefaultTimeout(), Does.Contain("nomad_device_gpu"));
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Metrics;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class MetricsTests
{
    private const string Gpu0 = "GPU-00000000-0000-0000-0000-000000000000";

    [Test]
    public async Task Scrape_OfARealNodesFigures_HasThemWithLabelsAndUnits()
    {
        await using var node = await MetricsNode.StartAsync("dgx-h100");
        await node.Plugin.ReserveAsync(Gpu0, CancellationToken.None).DefaultTimeout();

        var text = await node.ScrapeAsync();

        Assert.Multiple(() =>
        {
            Assert.That(text.Find("DCGM_FI_DEV_POWER_USAGE", ("UUID", Gpu0), ("pci_bus_id", "00000000:53:00.0")),
                Is.EqualTo(new[] { 68.57 }));
            Assert.That(text.Find("DCGM_FI_DEV_GPU_TEMP"), Has.Length.EqualTo(8));
            Assert.That(text.Find("DCGM_FI_DEV_FAN_SPEED"), Is.Empty, "these boards have no fan");
            Assert.That(text.Find("nomad_device_gpu_healthy"), Is.EqualTo(Enumerable.Repeat(1.0, 8)));
            Assert.That(text.Find("nomad_device_gpu_build_info", ("version", BuildInfo.Version)), Is.EqualTo(new[] { 1.0 }));
            Assert.That(text.Find("nomad_device_gpu_driver_info", ("state", "loaded"), ("simulated", "true")),
                Is.EqualTo(new[] { 1.0 }));
            Assert.That(text.Find("nomad_device_gpu_streams", ("stream", "fingerprint")), Is.EqualTo(new[] { 1.0 }));
            Assert.That(text.Find("nomad_device_gpu_reservations_total"), Is.EqualTo(new[] { 1.0 }));
            Assert.That(text.Find("nomad_device_gpu_nomad_up"), Is.Empty, "Nomad is not asked");
            Assert.That(text.Types.Keys.Where(name => !name.StartsWith("DCGM_FI_") && !name.StartsWith("nomad_device_gpu_")),
                Is.Empty, "the library's own metrics are off");
        });
    }

    [Test]
    public async Task Scrape_OfASickNode_SaysWhatIsWrong()
    {
        await using var node = await MetricsNode.StartAsync("sick");

        var text = await node.ScrapeAsync();

        Assert.That(text.Find("nomad_device_gpu_healthy").Count(value => value == 0), Is.GreaterThanOrEqualTo(12));
        Assert.That(
            text.Series.Where(series => series.Name == "nomad_device_gpu_health_cause_info")
                .Select(series => series.Labels["cause"]),
            Has.Some.StartsWith("row remap failed"));
        Assert.That(
            text.Series.Where(series => series.Name == "nomad_device_gpu_health_cause")
                .Select(series => series.Labels["cause"]).Distinct(),
            Is.SupersetOf(new[] { "gpu_lost", "row_remap_failed", "uncorrected_ecc", "fabric_unhealthy" }));
    }

    [Test]
    public async Task Scrapes_WhileStatisticsAreFresh_CallNvmlNotOnce()
    {
        var folder = Directory.CreateTempSubdirectory("metrics").FullName;
        await using var node = await StartOnMockAsync(folder);
        await node.Plugin.ReadStatsAsync(TimeSpan.FromMinutes(10), CancellationToken.None).DefaultTimeout();
        var first = await node.ScrapeAsync();

        var scrapes = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => node.ScrapeAsync()));

        const string Count = "nomad_device_gpu_nvml_call_duration_seconds_count";
        var before = first.Find(Count, ("function", "nvmlDeviceGetFieldValues")).Single();
        Assert.That(before, Is.GreaterThan(0));
        Assert.That(first.Find(Count).Sum(), Is.GreaterThan(8));
        Assert.That(
            scrapes.Select(text => text.Find(Count, ("function", "nvmlDeviceGetFieldValues")).Single()).Distinct(),
            Is.EqualTo(new[] { before }));
        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public async Task Healthz_FollowsTheDriver()
    {
        await using var well = await MetricsNode.StartAsync("dgx-h100");
        await using var ill = await MetricsNode.StartAsync("no-driver");

        var ok = await well.Http.GetAsync($"{well.Url}/healthz").DefaultTimeout();
        var bad = await ill.Http.GetAsync($"{ill.Url}/healthz").DefaultTimeout();

        Assert.That(ok.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await ok.Content.ReadAsStringAsync(), Is.EqualTo("8 of 8 devices can be used.\n"));
        Assert.That(bad.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await bad.Content.ReadAsStringAsync(), Does.StartWith("The driver cannot be used ("));
    }

    [Test]
    public async Task Healthz_NoDevices_IsWell()
    {
        await using var node = await MetricsNode.StartAsync("no-gpu");

        var answer = await node.Http.GetAsync($"{node.Url}/healthz").DefaultTimeout();

        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("0 of 0 devices can be used.\n"));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("/", "default-src 'none'; ")]
    [TestCase("/metrics", "default-src 'none'; frame-ancestors 'none'")]
    [TestCase("/healthz", "default-src 'none'; frame-ancestors 'none'")]
    [TestCase("/nowhere", "default-src 'none'; frame-ancestors 'none'")]
    public async Task AnyPath_HasTheHeadersThatKeepAPageToItself(string path, string policy)
    {
        await using var node = await MetricsNode.StartAsync("dgx-h100");

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            using var request = new HttpRequestMessage(method, $"{node.Url}{path}");
            using var answer = await node.Http.SendAsync(request).DefaultTimeout();

            Assert.That(
                new[]
                {
                    "X-Content-Type-Options", "X-Frame-Options", "Cache-Control", "Referrer-Policy", "Cross-Origin-Resource-Policy",
                }.Select(name => answer.Headers.GetValues(name).Single()),
                Is.EqualTo(new[] { "nosniff", "DENY", "no-store", "no-referrer", "same-origin" }));
            Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith(policy));
            Assert.That(answer.Content.Headers.ContentLength, Is.GreaterThan(0), "also of what HEAD does not send");
        }
    }

    [Test]
    public async Task AddressInUse_PluginServesOn_AndTakesItWhenItIsFree()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var node = await MetricsNode.StartAsync(
            "dgx-h100", $"\"address\": \"127.0.0.1:{port}\"", expectUrl: false);
        await node.NextLogAsync(NotServed());

        await node.Plugin.ReserveAsync(Gpu0, CancellationToken.None).DefaultTimeout();
        other.Stop();

        await node.WaitForUrlAsync();
        Assert.That((await node.ScrapeAsync()).Find("nomad_device_gpu_reservations_total"), Is.EqualTo(new[] { 1.0 }));
    }

    [Test]
    public async Task Configuration_WithoutAddress_StopsTheListener()
    {
        await using var node = await MetricsNode.StartAsync("dgx-h100");
        var url = node.Url;

        await node.ConfigureAsync("""{"backend": "fake", "fake": {"scenario": "dgx-h100"}}""");

        await Eventually.BecomesTrue(() => !CanConnect(new Uri(url).Port));
        await node.Plugin.ReserveAsync(Gpu0, CancellationToken.None).DefaultTimeout();
    }

    [TestCase("GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [TestCase("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [TestCase("GET /metrics/../secret HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [TestCase("GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [TestCase("GET / HTTP/1.1\r\n\r\n", 400)]
    [TestCase("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421)]
    [TestCase("DELETE /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 405)]
    [TestCase("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nabcd", 405)]
    [TestCase("\0\u0001\u0002 nonsense\r\n\r\n", 400)]
    [TestCase("HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n", 200)]
    public async Task HostileRequest_IsRefused_AndNothingElseHappens(string request, int status)
    {
        await using var node = await MetricsNode.StartAsync("dgx-h100");

        Assert.That(await SendAsync(node.Url, request), Is.EqualTo(status));

        Assert.That((await node.ScrapeAsync()).Find("DCGM_FI_DEV_GPU_TEMP"), Has.Length.EqualTo(8));
    }

    [Test]
    public async Task OversizedRequests_AreRefused_AndSlowOnesAreCutOff()
    {
        await using var node = await MetricsNode.StartAsync("dgx-h100");
        var longLine = $"GET /{new string('a', 10_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n";
        var manyHeaders = $"GET / HTTP/1.1\r\nHost: localhost\r\n{string.Concat(
            Enumerable.Range(0, 200).Select(n => $"X-{n}: 1\r\n"))}\r\n";

        Assert.That(await SendAsync(node.Url, longLine), Is.EqualTo(414));
        Assert.That(await SendAsync(node.Url, manyHeaders), Is.EqualTo(431));
        Assert.That(await SendAsync(node.Url, "GET / HTTP/1.1\r\nHost: loc"), Is.EqualTo(408), "half a request");
    }

    private static async Task<MetricsNode> StartOnMockAsync(string folder)
    {
        // A copy, since a library that is loaded twice keeps its state.
        var library = Path.Combine(folder, "libnvidia-ml.so.1");
        File.Copy(PluginProcess.MockLibrary(), library);
        var node = await MetricsNode.StartWithAsync(
            $$$"""
            {"nvml_library": "{{{library}}}", "state_dir": "{{{folder}}}", "fingerprint_period": "24h",
             "metrics": {"address": "127.0.0.1:0"}}
            """,
            ("HWMOCKS_SCENARIO", PluginProcess.BuiltIn("dgx-h100")));
        await node.WaitForUrlAsync();
        await Eventually.BecomesTrue(() => node.Http.GetAsync($"{node.Url}/healthz").Result.IsSuccessStatusCode);
        return node;
    }

    private static bool CanConnect(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<int> SendAsync(string url, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(url).Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        var line = await new StreamReader(stream).ReadLineAsync().DefaultTimeout();
        return int.Parse(line!.Split(' ')[1]);
    }

    [GeneratedRegex("Metrics cannot be served at .*in use")]
    private static partial Regex NotServed();
}

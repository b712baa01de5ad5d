using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using DevicePlugin.Composition;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Metrics;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.FunctionalTests.Metrics;

/// <summary>When the listener comes and goes, in process, over a clock that the test moves.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MetricsServiceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TestLogs _logs = new();

    [TearDown]
    public void TearDown() => _logs.Dispose();

    [Test]
    public async Task Listener_BeforeTheFirstFingerprint_IsNotOpened()
    {
        await using var node = new GpuNode(_time, _logs, keepsState: false);
        await using var service = new MetricsService(node, _time, _logs);

        node.Config.Replace(Config(new HostPort("127.0.0.1", 0)));
        Assert.That(node.Monitor.Started.IsCompleted, Is.False);
        Assert.That(_logs.Named("MetricsServed"), Is.Empty);

        await node.ReadInventoryAsync(CancellationToken.None).DefaultTimeout();
        await Eventually.BecomesTrue(() => _logs.Named("MetricsServed").Any());
    }

    [Test]
    public async Task AddressInUse_IsToldOnce_AndTriedAgainInTime()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await using var node = new GpuNode(_time, _logs, keepsState: false);
        await using var service = new MetricsService(node, _time, _logs);
        _logs.ExpectErrors(entry => entry.EventId.Name == "MetricsNotServed");
        node.Config.Replace(Config(new HostPort("127.0.0.1", ((IPEndPoint)other.LocalEndpoint).Port)));
        await node.ReadInventoryAsync(CancellationToken.None).DefaultTimeout();
        await Eventually.BecomesTrue(() => _logs.Named("MetricsNotServed").Any());

        other.Stop();
        await Eventually.BecomesTrue(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return _logs.Named("MetricsServed").Any();
        });

        Assert.That(_logs.Named("MetricsNotServed").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task AddressWithoutAHost_AnswersOnEachOfTheNode()
    {
        await using var node = new GpuNode(_time, _logs, keepsState: false);
        await using var service = new MetricsService(node, _time, _logs);
        node.Config.Replace(Config(new HostPort("", 0)));
        await node.ReadInventoryAsync(CancellationToken.None).DefaultTimeout();
        await Eventually.BecomesTrue(() => _logs.Named("MetricsServed").Any());
        var port = Regex.Match(_logs.Named("MetricsServed").Single().Message, @":(\d+)").Groups[1].Value;

        using var http = new HttpClient();
        foreach (var host in Socket.OSSupportsIPv6 ? new[] { "127.0.0.1", "[::1]" } : ["127.0.0.1"])
        {
            Assert.That(
                await http.GetStringAsync($"http://{host}:{port}/healthz").DefaultTimeout(), Does.Contain("devices can be used"), host);
        }
    }

    [Test]
    public async Task AddressThatIsNotThisMachines_IsAnErrorAndNothingElse()
    {
        await using var node = new GpuNode(_time, _logs, keepsState: false);
        await using var service = new MetricsService(node, _time, _logs);
        _logs.ExpectErrors(entry => entry.EventId.Name == "MetricsNotServed");

        // Reserved for documentation (RFC 5737): no machine has it.
        node.Config.Replace(Config(new HostPort("192.0.2.1", 9400)));
        var inventory = await node.ReadInventoryAsync(CancellationToken.None).DefaultTimeout();

        await Eventually.BecomesTrue(() => _logs.Named("MetricsNotServed").Any());
        Assert.That(inventory.Devices, Has.Length.EqualTo(8));
    }

    private static PluginConfig Config(HostPort address) =>
        PluginConfig.Default with { Backend = BackendKind.Fake, Metrics = new MetricsConfig { Address = address } };
}

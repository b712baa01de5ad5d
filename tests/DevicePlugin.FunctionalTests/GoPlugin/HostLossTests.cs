using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Connections;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.FunctionalTests.GoPlugin;

internal sealed class HostLossTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private FakeTimeProvider _clock = null!;
    private TestPlugin _plugin = null!;
    private PluginHost _host = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _clock = new FakeTimeProvider();
        _plugin = new TestPlugin();
        _plugin.Options = _plugin.Options with { TimeProvider = _clock };
        _host = await _plugin.StartAsync();
    }

    [TearDown]
    public async Task EndAsync()
    {
        await _host.DisposeAsync();
        _plugin.Dispose();
    }

    [Test]
    public async Task LastConnectionLost_PluginEndsAfterTheGrace()
    {
        await VisitAsync(losses: 1);

        _clock.Advance(HostConnections.LossGrace - Moment);
        Assert.That(_host.StopRequested.IsCompleted, Is.False);
        _clock.Advance(Moment);

        Assert.That(await _host.StopRequested.DefaultTimeout(), Does.Contain("host"));
        Assert.That(HostConnections.LossGrace, Is.LessThan(TimeSpan.FromSeconds(60)));
    }

    [Test]
    public async Task HostComesBack_PluginStays()
    {
        await VisitAsync(losses: 1);
        _clock.Advance(HostConnections.LossGrace - Moment);
        using var client = new PluginClient(_host.Handshake);
        await client.PingAsync().DefaultTimeout();

        _clock.Advance(TimeSpan.FromHours(1));

        Assert.That(_host.StopRequested.IsCompleted, Is.False);
    }

    [Test]
    public async Task HostComesBackAndGoes_TheGraceStartsAgain()
    {
        await VisitAsync(losses: 1);
        _clock.Advance(HostConnections.LossGrace - Moment);
        await VisitAsync(losses: 2);

        _clock.Advance(Moment);
        Assert.That(_host.StopRequested.IsCompleted, Is.False);
        _clock.Advance(HostConnections.LossGrace);

        Assert.That(_host.StopRequested.IsCompleted, Is.True);
    }

    [Test]
    public async Task NobodyAsksForAnything_PluginEndsAfterTheGrace()
    {
        using var silent = await PluginClient.ConnectAsync(_host.Handshake).DefaultTimeout();
        _clock.Advance(HostConnections.FirstRequestGrace - Moment);
        Assert.That(_host.StopRequested.IsCompleted, Is.False);

        _clock.Advance(Moment);

        Assert.That(_host.StopRequested.IsCompleted, Is.True);
    }

    [Test]
    public async Task HostIsConnected_PluginStays()
    {
        using var client = new PluginClient(_host.Handshake);
        await client.PingAsync().DefaultTimeout();

        _clock.Advance(TimeSpan.FromDays(1));

        Assert.That(_host.StopRequested.IsCompleted, Is.False);
    }

    [Test]
    public async Task SilentVisitor_NeitherStartsNorStopsTheClock()
    {
        using (await PluginClient.ConnectAsync(_host.Handshake).DefaultTimeout())
        {
        }

        await VisitAsync(losses: 1);
        using var silent = await PluginClient.ConnectAsync(_host.Handshake).DefaultTimeout();
        _clock.Advance(HostConnections.LossGrace);

        Assert.That(_host.StopRequested.IsCompleted, Is.True);
    }

    private async Task VisitAsync(int losses)
    {
        using (var client = new PluginClient(_host.Handshake))
        {
            await client.PingAsync().DefaultTimeout();
        }

        await Eventually.BecomesTrue(() => _plugin.Logs.Named("HostLost").Count() == losses);
    }
}

using System.Diagnostics;
using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Tests;
using Grpc.Health.V1;
using Microsoft.Extensions.Time.Testing;
using HostClient = DevicePlugin.GoPlugin.Client.PluginClient;

namespace DevicePlugin.FunctionalTests.GoPlugin.Client;

/// <summary>A script prints the handshake of a plugin that this process serves, so that its process can misbehave.</summary>
[Platform(Exclude = "Win", Reason = "The plugins are shell scripts.")]
internal sealed class PluginEndTests
{
    private TestLogs _logs = null!;
    private string _directory = "";
    private PluginHost _served = null!;
    private bool _ended;

    [SetUp]
    public async Task SetUp()
    {
        _ended = false;
        _logs = new TestLogs();
        _directory = Directory.CreateTempSubdirectory("pc").FullName;
        var environment = new Dictionary<string, string>
        {
            ["PLUGIN_UNIX_SOCKET_DIR"] = _directory,
            ["PLUGIN_PROTOCOL_VERSIONS"] = "2",
        };
        _served = await PluginHost.StartAsync(new PluginHostOptions
        {
            ProtocolVersions = [2],
            ConfigureServices = _ => { },
            Services = [],
            LoggerFactory = _logs,
            Environment = environment.GetValueOrDefault,
            HandshakeOutput = TextWriter.Null,
        }).DefaultTimeout();
    }

    [TearDown]
    public async Task TearDown()
    {
        if (!_ended)
        {
            await _served.DisposeAsync().AsTask().DefaultTimeout();
        }

        Directory.Delete(_directory, recursive: true);
        _logs.Dispose();
    }

    [Test]
    public async Task CheckHealthAsync_ServingPlugin_IsServing()
    {
        await using var client = await StartAsync("exec sleep 600");

        var health = await client.CheckHealthAsync(CancellationToken.None).DefaultTimeout();

        Assert.That(health, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
    }

    [Test]
    public async Task ShutdownAsync_PluginThatEnds_IsGraceful()
    {
        // The script ends when the served plugin removes its socket, as it does after Shutdown.
        await using var client = await StartAsync(
            $"while [ -S '{_served.Handshake.Address}' ]; do sleep 0.01; done; exit 7", time: new FakeTimeProvider());
        var serving = EndServedAsync();

        var shutdown = await client.ShutdownAsync(CancellationToken.None).DefaultTimeout();
        await serving.DefaultTimeout();

        Assert.That(shutdown.Graceful, Is.True);
        Assert.That(shutdown.ExitCode, Is.EqualTo(7));
    }

    [Test]
    public async Task ShutdownAsync_PluginThatStays_IsKilled()
    {
        await using var client = await StartAsync("exec sleep 600", TimeSpan.FromMilliseconds(50));

        var shutdown = await client.ShutdownAsync(CancellationToken.None).DefaultTimeout();

        Assert.That(shutdown.Graceful, Is.False);
        Assert.That(shutdown.ExitCode, Is.EqualTo(137));
        Assert.That(_logs.Named("PluginKilled"), Has.Exactly(1).Items);
        Assert.That(_logs.Named("PluginCrashed"), Is.Empty);
    }

    [Test]
    public async Task Exited_PluginThatCrashes_CompletesWithItsCode()
    {
        var spoken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = await StartAsync(
            "echo last words >&2; echo spoken; exec sleep 600", received: _ => spoken.TrySetResult());
        await spoken.Task.DefaultTimeout();
        using (var process = Process.GetProcessById(client.ProcessId))
        {
            process.Kill();
        }

        Assert.That(await client.Exited.DefaultTimeout(), Is.EqualTo(137));
        await client.DisposeAsync();

        Assert.That(_logs.Named("PluginCrashed"), Has.Exactly(1).Items);
        Assert.That(client.RecentLog, Is.EqualTo(["last words"]));
    }

    [Test]
    public async Task OutputReceived_LinesAfterTheHandshake_AreHandedOn()
    {
        var printed = new TaskCompletionSource<PluginOutput>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = await StartAsync("echo after; exec sleep 600", received: output => printed.TrySetResult(output));

        Assert.That(
            await printed.Task.DefaultTimeout(),
            Is.EqualTo(new PluginOutput(PluginOutputChannel.StandardOutput, "after")));
    }

    [Test]
    public async Task DisposeAsync_RunningPlugin_EndsIt()
    {
        var client = await StartAsync("exec sleep 600");

        await client.DisposeAsync().AsTask().DefaultTimeout();

        Assert.That(client.Exited.IsCompleted, Is.True);
        Assert.That(_logs.Named("PluginCrashed"), Is.Empty);
    }

    private async Task EndServedAsync()
    {
        await _served.StopRequested;
        _ended = true;
        await _served.DisposeAsync();
    }

    private Task<HostClient> StartAsync(
        string script, TimeSpan? shutdownTimeout = null, Action<PluginOutput>? received = null, TimeProvider? time = null)
    {
        var options = ScriptedPlugin.Create($"echo '{_served.Handshake}'; {script}") with { OutputReceived = received };
        return HostClient.StartAsync(
            shutdownTimeout is { } timeout ? options with { ShutdownTimeout = timeout } : options,
            _logs.CreateLogger("client"),
            time ?? TimeProvider.System,
            CancellationToken.None).DefaultTimeout();
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Tests;
using HostClient = DevicePlugin.GoPlugin.Client.PluginClient;

namespace DevicePlugin.FunctionalTests.GoPlugin.Client;

[Platform(Exclude = "Win", Reason = "The plugins are shell scripts.")]
internal sealed class PluginStartTests
{
    private TestLogs _logs = null!;

    [SetUp]
    public void SetUp() => _logs = new TestLogs();

    [TearDown]
    public void TearDown() => _logs.Dispose();

    [TestCase("echo '9|2|unix|/s|grpc'; exec sleep 60", "core protocol 9")]
    [TestCase("echo '1|2|unix|/s|netrpc'; exec sleep 60", "\"netrpc\"")]
    [TestCase("echo '1|7|unix|/s|grpc'; exec sleep 60", "protocol version 7")]
    [TestCase("echo 'Usage: tool'; exec sleep 60", "\"Usage: tool\"")]
    [TestCase("printf '1|2|unix'; exit 0", "has 3 fields")]
    [TestCase("exit 3", "exited with code 3 before")]
    [TestCase("echo 'no driver' >&2; exit 1", "It wrote to stderr: no driver")]
    [TestCase("exec >&-; exec sleep 60", "closed its stdout before")]
    public void StartAsync_BrokenPlugin_SaysWhatWasSeenAndLeavesNoProcess(string script, string expected)
    {
        Assert.That(
            async () => await StartAsync(ScriptedPlugin.Create(script), TimeProvider.System),
            Throws.TypeOf<PluginException>().With.Message.Contains(expected));
    }

    [Test]
    public void StartAsync_NoSuchFile_NamesIt()
    {
        var options = ScriptedPlugin.Create("") with { FileName = "/nowhere/plugin" };

        Assert.That(
            async () => await StartAsync(options, TimeProvider.System),
            Throws.TypeOf<PluginException>().With.Message.Contains("'/nowhere/plugin' could not be started"));
    }

    [Test]
    public void StartAsync_AutoMtlsWithoutCertificate_IsRefused()
    {
        var options = ScriptedPlugin.Create("echo '1|2|unix|/s|grpc'; exec sleep 60") with { AutoMtls = true };

        Assert.That(
            async () => await StartAsync(options, TimeProvider.System),
            Throws.TypeOf<PluginException>().With.Message.Contains("no certificate in its sixth field"));
    }

    [Test]
    public async Task StartAsync_SilentPlugin_IsKilledAfterTheTimeLimit()
    {
        var time = new ObservedTimeProvider();
        var started = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = ScriptedPlugin.Create("echo $$ >&2; exec sleep 600") with
        {
            LogReceived = line => started.TrySetResult(int.Parse(line.Message, CultureInfo.InvariantCulture)),
        };
        var start = StartAsync(options, time);
        var processId = await started.Task.DefaultTimeout();
        await time.NextTimer();

        time.Advance(options.StartTimeout);

        Assert.That(
            async () => await start.DefaultTimeout(),
            Throws.TypeOf<PluginException>().With.Message.Contains("no handshake line within 60 s"));
        Assert.That(() => Process.GetProcessById(processId), Throws.ArgumentException);
    }

    [Test]
    public async Task StartAsync_Cancelled_KillsThePlugin()
    {
        using var cancellation = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = ScriptedPlugin.Create("echo up >&2; exec sleep 600") with
        {
            LogReceived = _ => started.TrySetResult(),
        };
        var start = HostClient.StartAsync(options, _logs.CreateLogger("client"), TimeProvider.System, cancellation.Token);
        await started.Task.DefaultTimeout();

        await cancellation.CancelAsync();

        Assert.That(async () => await start.DefaultTimeout(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void StartAsync_Environment_IsWhatAHostGives()
    {
        var seen = new ConcurrentQueue<string>();
        var options = ScriptedPlugin.Create("env >&2; exit 1") with
        {
            AutoMtls = true,
            UnixSocketDirectory = "/sockets",
            MinimumPort = 11,
            MaximumPort = 22,
            Environment = new Dictionary<string, string> { ["EXTRA"] = "more" },
            LogReceived = line => seen.Enqueue(line.Line),
        };

        Assert.That(async () => await StartAsync(options, TimeProvider.System), Throws.TypeOf<PluginException>());
        Assert.That(seen, Is.SupersetOf(
        [
            "SCRIPTED_PLUGIN=yes",
            "PLUGIN_PROTOCOL_VERSIONS=1,2",
            "PLUGIN_MIN_PORT=11",
            "PLUGIN_MAX_PORT=22",
            "PLUGIN_UNIX_SOCKET_DIR=/sockets",
            "PLUGIN_CLIENT_CERT=-----BEGIN CERTIFICATE-----",
            "EXTRA=more",
        ]));
    }

    private async Task StartAsync(PluginClientOptions options, TimeProvider time)
    {
        await using var client = await HostClient
            .StartAsync(options, _logs.CreateLogger("client"), time, CancellationToken.None)
            .DefaultTimeout();
    }
}

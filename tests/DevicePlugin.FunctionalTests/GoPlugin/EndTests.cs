using System.Diagnostics;
using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Protocol;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Grpc.Core;
using NothingAtAll = Google.Protobuf.WellKnownTypes.Empty;

namespace DevicePlugin.FunctionalTests.GoPlugin;

[NonParallelizable] // RunAsync owns the signals and the console of the process.
internal sealed class EndTests
{
    [Test]
    public async Task Shutdown_StreamsOpen_EndsWithoutCompletingThem()
    {
        using var plugin = new TestPlugin();
        var run = PluginHost.RunAsync(plugin.Options);
        using var client = new PluginClient(await plugin.Output.Handshake.DefaultTimeout());
        using var fingerprint = await OpenFingerprintAsync(client);
        using var stdio = client.Stdio.StreamStdio(new NothingAtAll());
        using var broker = client.Broker.StartStream();

        // On a busy machine the cut can overtake the answer, which go-plugin's host does not look at (grpc_client.go).
        await ((Task)client.Controller.ShutdownAsync(new Empty()).ResponseAsync)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var exitCode = await run.DefaultTimeout();

        Assert.That(exitCode, Is.Zero);
        Assert.That(plugin.SocketFiles, Is.Empty);
        AssertCut(fingerprint.ResponseStream);
        AssertCut(stdio.ResponseStream);
        AssertCut(broker.ResponseStream);
    }

    [Test]
    public async Task Dispose_HandlerEndsWell_HostSeesACut()
    {
        using var plugin = new TestPlugin();
        var host = await plugin.StartAsync();
        using var client = new PluginClient(host.Handshake);
        using var fingerprint = await OpenFingerprintAsync(client);

        await host.DisposeAsync().AsTask().DefaultTimeout();

        Assert.That(await plugin.Calls.Ended.Reader.ReadAsync().DefaultTimeout(), Is.True);
        AssertCut(fingerprint.ResponseStream);
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task Terminate_EndsInOrderWithoutCompletingStreams()
    {
        using var plugin = new TestPlugin();
        var run = PluginHost.RunAsync(plugin.Options);
        using var client = new PluginClient(await plugin.Output.Handshake.DefaultTimeout());
        using var fingerprint = await OpenFingerprintAsync(client);

        await SignalAsync("TERM");

        Assert.That(await run.DefaultTimeout(), Is.Zero);
        Assert.That(plugin.SocketFiles, Is.Empty);
        AssertCut(fingerprint.ResponseStream);
    }

    [Test]
    [Platform("Linux")]
    public async Task Interrupt_IsIgnoredAndLogged()
    {
        using var plugin = new TestPlugin();
        using var cancellation = new CancellationTokenSource();
        var run = PluginHost.RunAsync(plugin.Options, cancellation.Token);
        using var client = new PluginClient(await plugin.Output.Handshake.DefaultTimeout());
        await client.PingAsync().DefaultTimeout();

        await SignalAsync("INT");
        // The runtime keeps it ignored where the parent does, as a shell does for its background jobs: nothing arrives then.
        if (!InterruptIsIgnored())
        {
            await Eventually.BecomesTrue(() => plugin.Logs.Named("InterruptIgnored").Any());
        }

        await client.PingAsync().DefaultTimeout();

        Assert.That(run.IsCompleted, Is.False);
        await cancellation.CancelAsync();
        Assert.That(await run.DefaultTimeout(), Is.Zero);
    }

    [Test]
    public async Task Console_WhilePluginRuns_GoesToTheHost()
    {
        using var plugin = new TestPlugin();
        using var cancellation = new CancellationTokenSource();
        var before = Console.Out;
        var run = PluginHost.RunAsync(plugin.Options, cancellation.Token);
        using var client = new PluginClient(await plugin.Output.Handshake.DefaultTimeout());
        using var stdio = client.Stdio.StreamStdio(new NothingAtAll());

        await Console.Out.WriteLineAsync("printed");
        Assert.That(await stdio.ResponseStream.MoveNext().DefaultTimeout(), Is.True);
        var first = stdio.ResponseStream.Current;
        await Console.Error.WriteAsync("complained");
        Assert.That(await stdio.ResponseStream.MoveNext().DefaultTimeout(), Is.True);
        var second = stdio.ResponseStream.Current;

        await cancellation.CancelAsync();
        await run.DefaultTimeout();
        Assert.Multiple(() =>
        {
            Assert.That(first.Channel, Is.EqualTo(StdioData.Types.Channel.Stdout));
            Assert.That(first.Data.ToStringUtf8(), Is.EqualTo("printed\n"));
            Assert.That(second.Channel, Is.EqualTo(StdioData.Types.Channel.Stderr));
            Assert.That(second.Data.ToStringUtf8(), Is.EqualTo("complained"));
            Assert.That(plugin.Output.Text.Trim(), Does.Not.Contain("\n"));
            Assert.That(Console.Out, Is.SameAs(before));
        });
    }

    private static async Task<AsyncServerStreamingCall<FingerprintResponse>> OpenFingerprintAsync(PluginClient client)
    {
        var call = client.Device.Fingerprint(new FingerprintRequest());
        Assert.That(await call.ResponseStream.MoveNext().DefaultTimeout(), Is.True);
        return call;
    }

    // Nomad starts a plugin again only after Unavailable or Canceled (helper/pluginutils/grpcutils/utils.go).
    private static void AssertCut<T>(IAsyncStreamReader<T> stream)
    {
        Assert.That(
            async () => await stream.MoveNext(CancellationToken.None).DefaultTimeout(),
            Throws.TypeOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Unavailable));
    }

    private static bool InterruptIsIgnored()
    {
        const string Ignored = "SigIgn:";
        var mask = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Ignored, StringComparison.Ordinal))[Ignored.Length..];
        const ulong Interrupt = 1UL << (2 - 1);
        return (Convert.ToUInt64(mask.Trim(), 16) & Interrupt) != 0;
    }

    private static async Task SignalAsync(string name)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{name} {Environment.ProcessId}"]);
        await kill.WaitForExitAsync().DefaultTimeout();
        Assert.That(kill.ExitCode, Is.Zero);
    }
}

using System.Security.Cryptography.X509Certificates;
using DevicePlugin.GoPlugin.Handshake;
using DevicePlugin.GoPlugin.Protocol;
using DevicePlugin.GoPlugin.Security;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin.Client;

/// <summary>
/// The host's side of go-plugin: one plugin process, the connection to it and its end. Disposing kills a plugin that was
/// not shut down.
/// </summary>
public sealed class PluginClient : IAsyncDisposable
{
    private static readonly TimeSpan PipeGrace = TimeSpan.FromSeconds(1);

    private readonly PluginClientOptions _options;
    private readonly PluginProcess _process;
    private readonly X509Certificate2? _certificate;
    private readonly LogRelay _log;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _background = [];
    private readonly List<Task> _pipes = [];
    private PluginHandshake? _handshake;
    private GrpcChannel? _channel;
    private volatile bool _endExpected;
    private int _disposed;

    private PluginClient(PluginClientOptions options, ILogger logger, TimeProvider time)
    {
        _options = options;
        _log = new LogRelay(options.LogReceived);
        _logger = logger;
        _time = time;
        _certificate = options.AutoMtls ? EphemeralCertificate.Create() : null;
        _process = PluginProcess.Start(options, _certificate?.ExportCertificatePem());
        GoPluginClientLog.PluginStarted(logger, options.FileName, _process.Id);
    }

    /// <summary>What the plugin offered and the host accepted.</summary>
    public PluginHandshake Handshake => _handshake!;

    /// <summary>For the clients of the application's own services. No message size limit; deadlines are the caller's.</summary>
    public CallInvoker CallInvoker { get; private set; } = null!;

    public int ProcessId => _process.Id;

    /// <summary>Completes with the exit code when the process ends, asked to or not. Never fails.</summary>
    public Task<int> Exited => _process.Exited;

    /// <summary>The last messages on the plugin's stderr, oldest first: what it said before it died.</summary>
    public IReadOnlyList<string> RecentLog => _log.Recent;

    /// <summary>Starts the plugin and connects to it; the process is gone again when this throws.</summary>
    /// <exception cref="PluginException">It could not be started, or its handshake was refused.</exception>
    public static async Task<PluginClient> StartAsync(
        PluginClientOptions options, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        var client = new PluginClient(options, logger, time);
        try
        {
            await client.ConnectAsync(cancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>The state of the health service <c>plugin</c>, which a host asks for as a ping.</summary>
    public async Task<HealthCheckResponse.Types.ServingStatus> CheckHealthAsync(CancellationToken cancellationToken)
    {
        var health = new Health.HealthClient(CallInvoker);
        var request = new HealthCheckRequest { Service = GoPluginProtocol.HealthServiceName };
        var response = await health.CheckAsync(request, cancellationToken: cancellationToken);
        return response.Status;
    }

    /// <summary>Asks the plugin to exit, and kills it when it has not within the time limit.</summary>
    public async Task<PluginShutdown> ShutdownAsync(CancellationToken cancellationToken)
    {
        var alreadyGone = Exited.IsCompleted;
        _endExpected = true;
        var start = _time.GetTimestamp();
        using var limit = new CancellationTokenSource(_options.ShutdownTimeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var graceful = !alreadyGone;
        try
        {
            await RequestShutdownAsync(linked.Token);
            await Exited.WaitAsync(linked.Token);
        }
        catch (OperationCanceledException)
        {
            graceful = false;
            _process.Kill();
            GoPluginClientLog.PluginKilled(_logger, ProcessId, _options.ShutdownTimeout);
        }

        var exitCode = await Exited;
        GoPluginClientLog.PluginExited(_logger, ProcessId, exitCode);
        cancellationToken.ThrowIfCancellationRequested();
        return new PluginShutdown(graceful, _time.GetElapsedTime(start), exitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _endExpected = true;
        if (!Exited.IsCompleted)
        {
            _process.Kill();
        }

        await Exited;
        await DrainAsync();
        await _stopping.CancelAsync();
        await Task.WhenAll(_background);
        _channel?.Dispose();
        _certificate?.Dispose();
        _handshake?.ServerCertificate?.Dispose();
        _process.Dispose();
        _stopping.Dispose();
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var logRelayed = RunInBackground(token => _log.RunAsync(_process.StandardError, token));
        var output = new LineReader(_process.StandardOutput);
        _pipes.Add(logRelayed);
        var line = await new HandshakeReader(_process, _log, logRelayed, _time)
            .ReadAsync(output, _options.StartTimeout, cancellationToken);
        _handshake = PluginHandshake.Parse(line, _options.ProtocolVersions);
        CheckCertificate(_handshake);
        GoPluginClientLog.HandshakeRead(_logger, ProcessId, _handshake.Line.ProtocolVersion, _handshake.Line.Address);

        _channel = PluginChannel.Open(_handshake, _certificate);
        CallInvoker = _channel.CreateCallInvoker();
        _ = ReportCrashAsync();
        _pipes.Add(RunInBackground(token => RelayOutputAsync(output, token)));
        _ = RunInBackground(token => StdioReceiver.RunAsync(CallInvoker, _options.OutputReceived, _logger, token));
    }

    private void CheckCertificate(PluginHandshake handshake)
    {
        if (_options.AutoMtls && handshake.ServerCertificate is null)
        {
            throw new PluginException(
                "AutoMTLS was asked for, and the plugin's handshake line has no certificate in its sixth field. " +
                "Try without AutoMTLS.");
        }

        if (!_options.AutoMtls && handshake.ServerCertificate is not null)
        {
            throw new PluginException(
                "The plugin's handshake line has a certificate in its sixth field, and AutoMTLS was not asked for.");
        }
    }

    private async Task RelayOutputAsync(LineReader output, CancellationToken cancellationToken)
    {
        while (await output.ReadAsync(cancellationToken) is { } line)
        {
            _options.OutputReceived?.Invoke(new PluginOutput(PluginOutputChannel.StandardOutput, line));
        }
    }

    private async Task RequestShutdownAsync(CancellationToken cancellationToken)
    {
        try
        {
            await new GRPCController.GRPCControllerClient(CallInvoker)
                .ShutdownAsync(new Empty(), cancellationToken: cancellationToken);
        }
        catch (RpcException exception)
        {
            // A plugin may be gone before its answer is: go-plugin's own host ignores this too (grpc_client.go).
            GoPluginClientLog.ShutdownNotAnswered(_logger, exception.StatusCode, exception.Status.Detail);
        }
    }

    private Task RunInBackground(Func<CancellationToken, Task> run)
    {
        var task = RunLoggedAsync(run);
        _background.Add(task);
        return task;
    }

    private async Task RunLoggedAsync(Func<CancellationToken, Task> run)
    {
        try
        {
            await run(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception exception)
        {
            GoPluginClientLog.RelayFailed(_logger, exception, ProcessId);
        }
    }

    private async Task ReportCrashAsync()
    {
        var exitCode = await Exited;
        if (!_endExpected)
        {
            GoPluginClientLog.PluginCrashed(_logger, ProcessId, exitCode);
        }
    }

    // The last words lie in the pipes after the process is gone; a grandchild that holds them open may keep them.
    private async Task DrainAsync() =>
        await Task.WhenAll(_pipes).WaitAsync(PipeGrace, _time)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

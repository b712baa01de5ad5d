using System.Text;
using DevicePlugin.GoPlugin.Connections;
using DevicePlugin.GoPlugin.Handshake;
using DevicePlugin.GoPlugin.Listening;
using DevicePlugin.GoPlugin.Security;
using DevicePlugin.GoPlugin.Serving;
using DevicePlugin.GoPlugin.Stdio;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin;

/// <summary>A plugin's server: from the handshake line to the end that its host or a signal asks for.</summary>
public sealed class PluginHost : IAsyncDisposable
{
    // Every connection is cut by then, so only a handler that ignores its token can use this up.
    private static readonly TimeSpan StopLimit = TimeSpan.FromMilliseconds(100);

    private readonly PluginLifetime _lifetime;
    private readonly HostConnections _connections;
    private readonly PluginListener _listener;
    private readonly MutualTls? _tls;
    private readonly ILogger _logger;
    private int _disposed;
    private PluginServer? _server;

    private PluginHost(
        PluginHostOptions options, PluginLifetime lifetime, PluginListener listener, MutualTls? tls,
        HandshakeLine handshake, ILogger logger)
    {
        _lifetime = lifetime;
        _listener = listener;
        _tls = tls;
        _logger = logger;
        _connections = new HostConnections(_lifetime, options.TimeProvider, logger);
        Handshake = handshake;
    }

    /// <summary>The line that was printed: where a client connects.</summary>
    public HandshakeLine Handshake { get; }

    /// <summary>Completes with the reason when the host, a signal or a service wants the plugin to end.</summary>
    public Task<string> StopRequested => _lifetime.StopRequested;

    /// <summary>Whether a host launched this process, which is what the magic cookie in the environment says.</summary>
    public static bool WasLaunchedByHost(MagicCookie cookie, Func<string, string?>? environment = null) =>
        (environment ?? Environment.GetEnvironmentVariable)(cookie.Key) == cookie.Value;

    /// <summary>
    /// Serves the plugin until its host asks it to end, SIGTERM comes, <paramref name="cancellationToken"/> is
    /// cancelled, or the host has died. Meanwhile SIGINT is ignored, and what is written to <see cref="Console"/> goes
    /// to the host. Returns the exit code: 0, or 1 when the plugin could not start; then one error is logged.
    /// </summary>
    public static async Task<int> RunAsync(PluginHostOptions options, CancellationToken cancellationToken = default)
    {
        var logger = options.LoggerFactory.CreateLogger<PluginHost>();
        var stdio = new StdioBuffer();
        var lifetime = new PluginLifetime();

        // Both from the very start: nothing printed by mistake may come before the handshake line, and a signal that
        // meets the process before its handler does leaves the socket's file behind.
        using var console = new ConsoleCapture(stdio);
        using var signals = new PluginSignals(lifetime, logger);
        try
        {
            await using var host = await StartAsync(options, lifetime, stdio, cancellationToken);
            using var cancelled = cancellationToken.Register(() => lifetime.RequestStop("it was told to"));
            await host.StopRequested;
            return 0;
        }
        catch (PluginStartException ex)
        {
            logger.StartFailed(ex.Message);
            return 1;
        }
        catch (Exception ex)
        {
            logger.Failed(ex);
            return 1;
        }
    }

    /// <summary>
    /// Starts the plugin and leaves the process alone: no signal, no console. Returns when the handshake line is
    /// printed and requests are answered. Disposing cuts all connections.
    /// </summary>
    /// <exception cref="PluginStartException">The environment or the socket does not allow it.</exception>
    public static Task<PluginHost> StartAsync(PluginHostOptions options, CancellationToken cancellationToken = default) =>
        StartAsync(options, new PluginLifetime(), new StdioBuffer(), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _logger.Stopping(_lifetime.StopRequested.IsCompletedSuccessfully ? await _lifetime.StopRequested : "disposed");

        // Before any handler hears of the end: none may complete a stream with OK, which a host can take for "nothing
        // will ever come again" (Nomad's device manager does not restart such a plugin).
        _connections.AbortAll();
        if (_server is not null)
        {
            using var limit = new CancellationTokenSource(StopLimit);
            await _server.StopAsync(limit.Token);
            await _server.DisposeAsync();
        }

        _listener.Dispose();
        _connections.Dispose();
        _tls?.Dispose();
    }

    internal static async Task<PluginHost> StartAsync(
        PluginHostOptions options, PluginLifetime lifetime, StdioBuffer stdio, CancellationToken cancellationToken)
    {
        var host = Listen(options, lifetime);
        try
        {
            Print(host.Handshake, options.HandshakeOutput);
            host._server = await PluginServer.StartAsync(
                options, host._listener, host._tls, host._lifetime, host._connections, stdio, cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    private static PluginHost Listen(PluginHostOptions options, PluginLifetime lifetime)
    {
        var logger = options.LoggerFactory.CreateLogger<PluginHost>();
        var environment = PluginEnvironment.Read(options.Environment);
        var version = environment.ChooseVersion(options.ProtocolVersions);
        var tls = environment.ClientCertificate is { } certificate ? MutualTls.Create(certificate) : null;
        var listener = PluginListener.Open(environment, options.Transport);
        logger.Listening(listener.Network, listener.Address, version, tls is not null);
        var handshake = new HandshakeLine(
            GoPluginProtocol.CoreVersion, version, listener.Network, listener.Address, GoPluginProtocol.GrpcTransport,
            tls?.EncodedCertificate ?? "", environment.AsksForMultiplexing ? false : null);
        return new PluginHost(options, lifetime, listener, tls, handshake, logger);
    }

    private static void Print(HandshakeLine line, TextWriter? output)
    {
        if (output is not null)
        {
            output.Write($"{line}\n");
            output.Flush();
            return;
        }

        try
        {
            PrintToStandardOutput(Encoding.UTF8.GetBytes($"{line}\n"));
        }
        catch (IOException exception)
        {
            throw new PluginStartException(
                $"The handshake line cannot be written to standard output: {exception.Message}", exception);
        }
    }

    // On Unix the console's own stream sets the terminal up first, with a thread for its signals, and an asynchronous
    // write starts the thread pool: a millisecond for a line that fits into any pipe.
    private static void PrintToStandardOutput(byte[] line)
    {
        if (OperatingSystem.IsWindows())
        {
            using var stdout = Console.OpenStandardOutput();
            stdout.Write(line);
        }
        else
        {
            StandardStreams.WriteOutput(line);
        }
    }
}

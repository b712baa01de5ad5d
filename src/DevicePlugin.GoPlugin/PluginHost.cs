using DevicePlugin.GoPlugin.Connections;
using DevicePlugin.GoPlugin.Handshake;
using DevicePlugin.GoPlugin.Listening;
using DevicePlugin.GoPlugin.Security;
using DevicePlugin.GoPlugin.Serving;
using DevicePlugin.GoPlugin.Stdio;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin;

/// <summary>A plugin's server: from the handshake line to the end that its host or a signal asks for.</summary>
public sealed class PluginHost : IAsyncDisposable
{
    // Every connection is cut by then, so only a handler that ignores its token can use this up.
    private static readonly TimeSpan StopLimit = TimeSpan.FromMilliseconds(100);

    private readonly WebApplication _server;
    private readonly HostConnections _connections;
    private readonly PluginLifetime _lifetime;
    private readonly PluginListener _listener;
    private readonly MutualTls? _tls;
    private readonly ILogger _logger;

    private PluginHost(
        HandshakeLine handshake, WebApplication server, HostConnections connections, PluginLifetime lifetime,
        PluginListener listener, MutualTls? tls, ILogger logger)
    {
        Handshake = handshake;
        _server = server;
        _connections = connections;
        _lifetime = lifetime;
        _listener = listener;
        _tls = tls;
        _logger = logger;
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
    /// cancelled, or the host has died. Returns the exit code: 0, or 1 when the plugin could not start; then one error
    /// is logged and nothing is printed on stdout.
    /// </summary>
    public static async Task<int> RunAsync(PluginHostOptions options, CancellationToken cancellationToken = default)
    {
        var logger = options.LoggerFactory.CreateLogger<PluginHost>();
        try
        {
            await using var host = await StartAsync(options, cancellationToken);
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
            logger.StartBroken(ex);
            return 1;
        }
    }

    /// <summary>Starts the plugin: returns when the handshake line is printed and requests are answered.</summary>
    /// <exception cref="PluginStartException">The environment or the socket does not allow it.</exception>
    public static async Task<PluginHost> StartAsync(
        PluginHostOptions options, CancellationToken cancellationToken = default)
    {
        var logger = options.LoggerFactory.CreateLogger<PluginHost>();
        var environment = PluginEnvironment.Read(options.Environment);
        var version = environment.ChooseVersion(options.ProtocolVersions);
        var tls = environment.ClientCertificate is { } certificate ? MutualTls.Create(certificate) : null;
        var listener = PluginListener.Open(environment, options.Transport);
        var handshake = new HandshakeLine(
            GoPluginProtocol.CoreVersion, version, listener.Network, listener.Address, GoPluginProtocol.GrpcTransport,
            tls?.EncodedCertificate ?? "", environment.AsksForMultiplexing ? false : null);
        await PrintAsync(handshake, options.HandshakeOutput);

        var lifetime = new PluginLifetime();
        var connections = new HostConnections(lifetime, options.TimeProvider, logger);
        var server = PluginServer.Build(options, listener, tls, lifetime, connections, new StdioBuffer());
        await server.StartAsync(cancellationToken);
        return new PluginHost(handshake, server, connections, lifetime, listener, tls, logger);
    }

    public async ValueTask DisposeAsync()
    {
        _connections.AbortAll();
        _lifetime.BeginStopping();
        using var limit = new CancellationTokenSource(StopLimit);
        await _server.StopAsync(limit.Token);
        await _server.DisposeAsync();
        _listener.Dispose();
        _connections.Dispose();
        _lifetime.Dispose();
        _tls?.Dispose();
    }

    private static async Task PrintAsync(HandshakeLine line, TextWriter? output)
    {
        if (output is not null)
        {
            await output.WriteAsync($"{line}\n");
            await output.FlushAsync();
            return;
        }

        await using var stdout = Console.OpenStandardOutput();
        await stdout.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{line}\n"));
    }
}

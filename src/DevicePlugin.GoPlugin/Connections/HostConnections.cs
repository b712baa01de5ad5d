using DevicePlugin.GoPlugin.Serving;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin.Connections;

/// <summary>
/// The open connections: to cut them at the end, and to notice that the host has died. A host that dies says nothing
/// and leaves nobody who would end the plugin, but its connections are closed by the kernel.
/// </summary>
internal sealed class HostConnections : IDisposable
{
    /// <summary>Long enough for a host that reconnects, within the 60 s that an orphan may stay.</summary>
    public static readonly TimeSpan LossGrace = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A host that died between launch and first request was never connected. go-plugin's own waits a minute for the
    /// handshake line (client.go, StartTimeout) and connects at once after it.
    /// </summary>
    public static readonly TimeSpan FirstRequestGrace = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly HashSet<ConnectionContext> _open = [];
    private readonly HashSet<ConnectionContext> _ofHost = [];
    private readonly PluginLifetime _lifetime;
    private readonly ILogger _logger;
    private readonly ITimer _lossTimer;
    private readonly ConnectionLimit _limit;
    private bool _stopping;

    public HostConnections(PluginLifetime lifetime, TimeProvider timeProvider, ILogger logger)
    {
        _limit = new ConnectionLimit(PluginServer.MostConnections, "the plugin's socket", timeProvider, logger);
        _lifetime = lifetime;
        _logger = logger;
        _lossTimer = timeProvider.CreateTimer(
            _ => StopIfStillAlone(), null, FirstRequestGrace, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Connection middleware: it surrounds the connection's whole life, below TLS.</summary>
    public Task TrackAsync(ConnectionContext connection, ConnectionDelegate next) =>
        _limit.GuardAsync(connection, accepted => TrackAcceptedAsync(accepted, next));

    /// <summary>
    /// Only whoever has sent a request counts as the host. A probe that connects and goes away, as go-plugin's reattach
    /// does, neither starts nor stops the clock.
    /// </summary>
    public void RequestSeen(ConnectionContext connection)
    {
        lock (_lock)
        {
            if (!_open.Contains(connection) || !_ofHost.Add(connection) || _ofHost.Count > 1)
            {
                return;
            }

            _lossTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>
    /// Cuts every connection, so that no stream can end with a status. What has left the process before still arrives;
    /// an answer that waits in a buffer is lost with it.
    /// </summary>
    public void AbortAll()
    {
        ConnectionContext[] open;
        lock (_lock)
        {
            _stopping = true;
            open = [.. _open];
        }

        var reason = new ConnectionAbortedException("The plugin ends.");
        foreach (var connection in open)
        {
            connection.Abort(reason);
        }
    }

    public void Dispose()
    {
        _lossTimer.Dispose();
        _limit.Dispose();
    }

    private async Task TrackAcceptedAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Features.Set(connection);
        lock (_lock)
        {
            _open.Add(connection);
        }

        // The socket's end is what tells of the host's; the middleware below returns only when every handler has.
        using var closed = connection.ConnectionClosed.Register(() => Closed(connection));
        try
        {
            await next(connection);
        }
        finally
        {
            Closed(connection);
        }
    }

    private void StopIfStillAlone()
    {
        lock (_lock)
        {
            if (_ofHost.Count > 0)
            {
                return;
            }
        }

        _lifetime.RequestStop("the host has been gone for too long");
    }

    private void Closed(ConnectionContext connection)
    {
        bool isLost;
        lock (_lock)
        {
            _open.Remove(connection);
            isLost = _ofHost.Remove(connection) && _ofHost.Count == 0 && !_stopping;
            if (isLost)
            {
                _lossTimer.Change(LossGrace, Timeout.InfiniteTimeSpan);
            }
        }

        if (isLost)
        {
            _logger.HostLost(LossGrace.TotalSeconds);
        }
    }
}

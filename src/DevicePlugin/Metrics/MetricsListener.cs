using System.Net;
using System.Net.Sockets;
using DevicePlugin.GoPlugin.Connections;
using DevicePlugin.Nomad.Configuration;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DevicePlugin.Metrics;

/// <summary>
/// Kestrel for people and Prometheus, apart from the one that serves Nomad. It is built by hand: a host and its services
/// would cost memory for nothing that is used here.
/// </summary>
internal sealed class MetricsListener : IAsyncDisposable
{
    public const int MostConnections = 256;

    private readonly KestrelServer _kestrel;
    private readonly ServiceProvider _services;
    private readonly ConnectionLimit _limit;

    private MetricsListener(KestrelServer kestrel, ServiceProvider services, ConnectionLimit limit)
    {
        _kestrel = kestrel;
        _services = services;
        _limit = limit;
    }

    /// <summary>With the port that was chosen where the configuration asks for any.</summary>
    public string Url => _kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>A socket on the IPv6 form of every address takes IPv4 too.</summary>
    public static async Task<IPAddress[]> ResolveAsync(HostPort address, CancellationToken cancellationToken) =>
        address.Host.Length == 0 ? [Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any]
            : IPAddress.TryParse(address.Host, out var ip) ? [ip]
            : await Dns.GetHostAddressesAsync(address.Host, cancellationToken);

    /// <exception cref="IOException">The address is in use.</exception>
    /// <exception cref="SocketException">The address is not this machine's, or not allowed.</exception>
    public static async Task<MetricsListener> StartAsync(
        IEnumerable<IPAddress> addresses, int port, Func<HttpContext, Task> answer, ILoggerFactory loggers, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var services = new ServiceCollection().BuildServiceProvider();
        var options = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = services };
        SetLimits(options.Limits);
        var limit = new ConnectionLimit(
            MostConnections, "the metrics address", time, loggers.CreateLogger<MetricsListener>());
        foreach (var address in addresses)
        {
            options.Listen(address, port, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http1;
                endpoint.Use(next => connection => limit.GuardAsync(connection, next));
            });
        }

        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers);
        var listener = new MetricsListener(new KestrelServer(Options.Create(options), sockets, loggers), services, limit);
        try
        {
            await listener._kestrel.StartAsync(new RequestPipeline(answer), cancellationToken);
            return listener;
        }
        catch
        {
            await listener.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Cancelled from the beginning: open pages are cut off, not waited for.
        await _kestrel.StopAsync(new CancellationToken(canceled: true));
        _kestrel.Dispose();
        _limit.Dispose();
        await _services.DisposeAsync();
    }

    // Small: every request is a line and a few headers, and nobody has to be waited for.
    private static void SetLimits(KestrelServerLimits limits)
    {
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestLineSize = 4 * 1024;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.MaxRequestHeaderCount = 64;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        limits.MaxResponseBufferSize = 256 * 1024;
    }
}

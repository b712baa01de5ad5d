using DevicePlugin.GoPlugin.Connections;
using DevicePlugin.GoPlugin.Handshake;
using DevicePlugin.GoPlugin.Listening;
using DevicePlugin.GoPlugin.Security;
using DevicePlugin.GoPlugin.Services;
using DevicePlugin.GoPlugin.Stdio;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin.Serving;

/// <summary>Kestrel with go-plugin's services and the caller's on a socket that listens already.</summary>
internal static class PluginServer
{
    // go's grpc.NewServer has the same limit (server.go of grpc-go, defaultServerMaxReceiveMessageSize).
    private const int LargestRequest = 4 * 1024 * 1024;

    public static WebApplication Build(
        PluginHostOptions options, PluginListener listener, MutualTls? tls, PluginLifetime lifetime,
        HostConnections connections, StdioBuffer stdio)
    {
        // An empty builder: the working directory is the host's, perhaps "/", and a default one would watch it.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        if (tls is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = _ => listener.Socket);
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, listener, tls, connections));

        var services = builder.Services;
        services.RemoveAll<ILoggerFactory>();
        services.AddSingleton(options.LoggerFactory);
        services.RemoveAll<IHostLifetime>();
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.AddSingleton(options.TimeProvider);
        services.AddSingleton(lifetime);
        services.AddSingleton(stdio);
        services.AddSingleton(NewHealth());
        services.AddRoutingCore();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = LargestRequest;
            grpc.MaxSendMessageSize = null;
        });
        services.AddGrpcReflection();
        options.ConfigureServices(services);

        var app = builder.Build();
        app.Use((context, next) =>
        {
            if (context.Features.Get<ConnectionContext>() is { } connection)
            {
                connections.RequestSeen(connection);
            }

            return next(context);
        });
        app.MapGrpcService<HealthServiceImpl>();
        app.MapGrpcService<ControllerService>();
        app.MapGrpcService<StdioService>();
        app.MapGrpcService<BrokerService>();
        app.MapGrpcReflectionService();
        options.MapServices(app);
        return app;
    }

    private static void Configure(
        KestrelServerOptions kestrel, PluginListener listener, MutualTls? tls, HostConnections connections)
    {
        kestrel.AddServerHeader = false;

        // The peer is the process that owns this one: a slow or silent host is waited for, not cut off.
        kestrel.Limits.KeepAliveTimeout = Timeout.InfiniteTimeSpan;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Listen(listener.Socket.LocalEndPoint!, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http2;
            endpoint.Use(next => connection => connections.TrackAsync(connection, next));
            if (tls is not null)
            {
                endpoint.UseHttps(tls.Apply);
            }
        });
    }

    private static HealthServiceImpl NewHealth()
    {
        var health = new HealthServiceImpl();
        health.SetStatus("", HealthCheckResponse.Types.ServingStatus.Serving);
        health.SetStatus(GoPluginProtocol.HealthServiceName, HealthCheckResponse.Types.ServingStatus.Serving);
        return health;
    }

    /// <summary>Signals are not the web host's business; see <see cref="PluginHost"/>.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

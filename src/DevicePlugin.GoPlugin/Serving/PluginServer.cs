using System.Diagnostics;
using DevicePlugin.GoPlugin.Connections;
using DevicePlugin.GoPlugin.Handshake;
using DevicePlugin.GoPlugin.Listening;
using DevicePlugin.GoPlugin.Protocol;
using DevicePlugin.GoPlugin.Security;
using DevicePlugin.GoPlugin.Services;
using DevicePlugin.GoPlugin.Stdio;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Grpc.Reflection.V1Alpha;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Validation;

namespace DevicePlugin.GoPlugin.Serving;

/// <summary>Kestrel with go-plugin's services and the caller's on a socket that listens already.</summary>
internal sealed class PluginServer : IAsyncDisposable
{
    /// <summary>Bytes of a request message; grpc-go has the same limit (its server.go). Answers have none.</summary>
    public const int LargestRequest = 4 * 1024 * 1024;

    public const int MostConnections = 32;

    /// <summary>Of each connection.</summary>
    public const int MostStreams = 32;

    private readonly ServiceProvider _provider;
    private readonly IServer _kestrel;

    private PluginServer(ServiceProvider provider, IServer kestrel)
    {
        _provider = provider;
        _kestrel = kestrel;
    }

    public static async Task<PluginServer> StartAsync(
        PluginHostOptions options, PluginListener listener, MutualTls? tls, PluginLifetime lifetime,
        HostConnections connections, StdioBuffer stdio, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        new ServiceRegistrations(services).UseKestrelCore().UseSockets(
            sockets => sockets.CreateBoundListenSocket = _ => listener.Socket);
        services.Configure<KestrelServerOptions>(kestrel => Configure(kestrel, listener, tls, connections));
        AddRequestHandling(services, options);
        services.AddSingleton(options.TimeProvider);
        services.AddSingleton(lifetime);
        services.AddSingleton(stdio);
        options.ConfigureServices(services);

        var provider = services.BuildServiceProvider();
        var dispatcher = provider.GetRequiredService<ServiceDispatcher>();

        // The first service is the one that a host calls first; it is set up while Kestrel starts.
        var firstService = options.Services.FirstOrDefault() is { } first
            ? Task.Run(() => dispatcher.SetUp(first.Name), CancellationToken.None)
            : Task.CompletedTask;
        var server = new PluginServer(provider, provider.GetRequiredService<IServer>());
        var pipeline = new RequestPipeline(dispatcher, connections, new DefaultHttpContextFactory(provider));
        await server._kestrel.StartAsync(pipeline, cancellationToken);
        await firstService;
        return server;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _kestrel.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    private static void AddRequestHandling(IServiceCollection services, PluginHostOptions options)
    {
        services.AddLogging();
        services.AddSingleton(options.LoggerFactory);
        services.AddMetrics();
        var diagnostics = new DiagnosticListener("Microsoft.AspNetCore");
        services.AddSingleton(diagnostics);
        services.AddSingleton<DiagnosticSource>(diagnostics);
        services.AddSingleton<HealthServiceImpl>(_ => NewHealth());
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = LargestRequest;
            grpc.MaxSendMessageSize = null;
        });
        services.AddGrpcReflection();
        AddOptions(services);
        services.RemoveAll(typeof(IServiceMethodProvider<>));
        var pluginServices = WithGoPluginServices(options.Services);
        foreach (var service in pluginServices)
        {
            service.Register(services);
        }

        services.AddSingleton(provider => new ServiceDispatcher(provider, pluginServices));
        services.AddSingleton(provider => provider.GetRequiredService<ServiceDispatcher>().SetUpAll());
    }

    private static void AddOptions(IServiceCollection services)
    {
        services.AddConfiguredOptions<KestrelServerOptions>();
        services.AddConfiguredOptions<SocketTransportOptions>();
        services.AddConfiguredOptions<GrpcServiceOptions>();
        services.AddPlainOptions<FormOptions>();
        services.AddPlainOptions<RouteHandlerOptions>();
        services.AddPlainOptions<ValidationOptions>();
    }

    private static void Configure(
        KestrelServerOptions kestrel, PluginListener listener, MutualTls? tls, HostConnections connections)
    {
        kestrel.AddServerHeader = false;

        // A host has one connection with a few streams. Kestrel limits streams for a connection only, and each that is not read
        // keeps some 100 KB; HostConnections limits the connections.
        kestrel.Limits.Http2.MaxStreamsPerConnection = MostStreams;

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
                endpoint.UseHttps(tls.NewHttpsOptions());
            }
        });
    }

    private static IReadOnlyList<PluginService> WithGoPluginServices(IEnumerable<PluginService> services) =>
    [
        PluginService.Of<HealthServiceImpl>("grpc.health.v1.Health", Health.BindService),
        PluginService.Of<ControllerService>("plugin.GRPCController", GRPCController.BindService),
        PluginService.Of<StdioService>("plugin.GRPCStdio", GRPCStdio.BindService),
        PluginService.Of<BrokerService>("plugin.GRPCBroker", GRPCBroker.BindService),
        PluginService.Of<ReflectionService>(
            "grpc.reflection.v1alpha.ServerReflection", ServerReflection.BindService),
        .. services,
    ];

    private static HealthServiceImpl NewHealth()
    {
        var health = new HealthServiceImpl();
        health.SetStatus("", HealthCheckResponse.Types.ServingStatus.Serving);
        health.SetStatus(GoPluginProtocol.HealthServiceName, HealthCheckResponse.Types.ServingStatus.Serving);
        return health;
    }
}

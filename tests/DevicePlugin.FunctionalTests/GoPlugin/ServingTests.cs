using System.Net.Sockets;
using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Protocol;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using Microsoft.Extensions.DependencyInjection;

namespace DevicePlugin.FunctionalTests.GoPlugin;

internal sealed class ServingTests
{
    [Test]
    public async Task Start_PrintsOneLineThatLeadsToTheServer()
    {
        using var plugin = new TestPlugin();
        await using var host = await plugin.StartAsync();
        using var client = new PluginClient(host.Handshake);

        Assert.That(plugin.Output.Text, Does.Match(@"\A1\|2\|unix\|/[^|]+\|grpc\|\n\z"));
        Assert.That(await client.PingAsync().DefaultTimeout(), Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
    }

    [Test]
    public async Task Start_LineIsOutAndConnectionsAreTaken_BeforeServicesAreBuilt()
    {
        using var plugin = new TestPlugin();
        var connected = false;
        plugin.Options = plugin.Options with
        {
            ConfigureServices = services =>
            {
                services.AddSingleton(plugin.Calls);
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                socket.Connect(new UnixDomainSocketEndPoint(plugin.Output.Handshake.Result.Address));
                connected = socket.Connected;
            },
        };

        await using var host = await plugin.StartAsync();

        Assert.That(connected, Is.True);
    }

    [Test]
    public async Task Start_HostAsksForMultiplexing_IsToldFalse()
    {
        using var plugin = new TestPlugin(("PLUGIN_MULTIPLEX_GRPC", "true"));
        await using var host = await plugin.StartAsync();

        Assert.That(plugin.Output.Text, Does.EndWith("|grpc||false\n"));
    }

    [Test]
    public async Task Start_Tcp_ListensOnLoopbackInsideTheRange()
    {
        using var plugin = new TestPlugin(("PLUGIN_MIN_PORT", "21100"), ("PLUGIN_MAX_PORT", "22100"));
        plugin.Options = plugin.Options with { Transport = PluginTransport.Tcp };
        await using var host = await plugin.StartAsync();
        using var client = new PluginClient(host.Handshake);

        Assert.That(plugin.Output.Text, Does.Match(@"\A1\|2\|tcp\|127\.0\.0\.1:2[12][0-9]{3}\|grpc\|\n\z"));
        Assert.That(await client.PingAsync().DefaultTimeout(), Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
    }

    [Test]
    public async Task Dispose_RemovesTheSocketFile()
    {
        using var plugin = new TestPlugin();
        var host = await plugin.StartAsync();
        Assert.That(plugin.SocketFiles, Is.EqualTo(new[] { host.Handshake.Address }));

        await host.DisposeAsync();

        Assert.That(plugin.SocketFiles, Is.Empty);
    }

    [Test]
    public async Task Reflection_BeforeAnyOtherCall_ListsEveryService()
    {
        using var plugin = new TestPlugin();
        await using var host = await plugin.StartAsync();
        using var client = new PluginClient(host.Handshake);
        using var call = new ServerReflection.ServerReflectionClient(client.Channel).ServerReflectionInfo();

        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }).DefaultTimeout();
        Assert.That(await call.ResponseStream.MoveNext().DefaultTimeout(), Is.True);

        Assert.That(
            call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name),
            Is.SupersetOf(new[]
            {
                "grpc.health.v1.Health", "plugin.GRPCBroker", "plugin.GRPCController", "plugin.GRPCStdio",
                ObligingService.Name,
            }));
    }

    [TestCase("/no.such.Service/Call")]
    [TestCase("/plugin.GRPCController/NoSuchCall")]
    public async Task Call_Unknown_IsUnimplemented(string path)
    {
        using var plugin = new TestPlugin();
        await using var host = await plugin.StartAsync();
        using var client = new PluginClient(host.Handshake);
        var names = path.Split('/');
        var method = new Method<Nothing, Nothing>(
            MethodType.Unary, names[1], names[2], Nothing.Marshaller, Nothing.Marshaller);

        Assert.That(
            async () => await client.Channel.CreateCallInvoker()
                .AsyncUnaryCall(method, null, default, new Nothing()).ResponseAsync.DefaultTimeout(),
            Throws.TypeOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Unimplemented));
    }

    [Test]
    public async Task Call_OversizedRequest_IsRefusedAndTheServerLives()
    {
        using var plugin = new TestPlugin();
        await using var host = await plugin.StartAsync();
        using var client = new PluginClient(host.Handshake);
        var request = new ReserveRequest { DeviceIds = { new string('x', 5 << 20) } };

        Assert.That(
            async () => await client.Device.ReserveAsync(request).ResponseAsync.DefaultTimeout(),
            Throws.TypeOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.ResourceExhausted));
        var reply = await client.Device.ReserveAsync(new ReserveRequest { DeviceIds = { "a" } }).ResponseAsync
            .DefaultTimeout();
        Assert.That(reply.ContainerRes.Envs["ids"], Is.EqualTo("a"));
    }

    [Test]
    public async Task Call_LargeAnswer_HasNoLimit()
    {
        using var plugin = new TestPlugin();
        await using var host = await plugin.StartAsync();
        using var client = new PluginClient(host.Handshake);
        using var call = client.Device.Stats(
            new StatsRequest { CollectionInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(9)) });

        Assert.That(await call.ResponseStream.MoveNext().DefaultTimeout(), Is.True);
        Assert.That(call.ResponseStream.Current.Groups[0].Vendor, Has.Length.EqualTo(9 << 20));
    }

    [Test]
    public async Task Broker_StreamIsHeldAndOffersAreIgnored()
    {
        using var plugin = new TestPlugin();
        await using var host = await plugin.StartAsync();
        using var client = new PluginClient(host.Handshake);
        using var call = client.Broker.StartStream();
        var answer = call.ResponseStream.MoveNext();

        await call.RequestStream.WriteAsync(new ConnInfo { ServiceId = 7 }).DefaultTimeout();
        await Eventually.BecomesTrue(() => plugin.Logs.Named("BrokerOfferIgnored").Any());

        Assert.That(answer.IsCompleted, Is.False);
    }

    private sealed class Nothing
    {
        public static Marshaller<Nothing> Marshaller { get; } =
            Marshallers.Create<Nothing>(_ => [], _ => new Nothing());
    }
}

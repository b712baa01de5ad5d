using System.Buffers.Binary;
using System.Text;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Tests;
using DevicePlugin.Tests.Fuzz;
using Google.Protobuf;
using Grpc.Health.V1;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.FunctionalTests.Fuzz;

/// <summary>Bytes on go-plugin's socket: broken HTTP/2, HPACK, gRPC and protobuf, and the host is served after each.</summary>
internal sealed class PluginSocketFuzz
{
    private const byte Headers = 1;
    private const byte Settings = 4;
    private const byte EndHeaders = 4;
    private const byte EndStream = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    [Test]
    public async Task Bytes_AreAnsweredOrEnded_AndTheHostIsServed()
    {
        using var plugin = new TestPlugin();
        plugin.Logs.ExpectErrors(entry => entry.Level == LogLevel.Error && entry.Category.StartsWith("Grpc.", StringComparison.Ordinal));
        await using var host = await plugin.StartAsync();
        using var client = new PluginClient(host.Handshake);
        var reserve = new Nomad.Protocol.ReserveRequest { DeviceIds = { "GPU-1", "GPU-2" } };
        var check = new HealthCheckRequest { Service = "plugin" };

        await new FuzzRun(
            250, Connection("/grpc.health.v1.Health/Check", check.ToByteArray()),
            Connection("/hashicorp.nomad.plugins.device.DevicePlugin/Reserve", reserve.ToByteArray()),
            Connection("/hashicorp.nomad.plugins.device.DevicePlugin/Fingerprint", []),
            Connection("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", []))
        {
            Words =
            [
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\0\0\0\u0004\0\0\0\0\0", "\0\0\0\u0004\u0001\0\0\0\0", "\0\0\u0008\u0006\0\0\0\0\0",
                "/plugin.GRPCStdio/StreamStdio", "/plugin.GRPCBroker/StartStream", "\u007F\u007F\u007F", "grpc-timeout", "1n",
            ],
        }.RunAsync(async input =>
        {
            using (var socket = await PluginClient.ConnectAsync(host.Handshake).DefaultTimeout())
            {
                await RawConnection.ExchangeAsync(socket, input, Patience);
            }

            var status = await client.PingAsync().DefaultTimeout();
            FuzzRun.Require(status == HealthCheckResponse.Types.ServingStatus.Serving, "the host is not served");
        });

        Assert.That(
            (await client.Device.ReserveAsync(reserve).ResponseAsync.DefaultTimeout()).ContainerRes.Envs["ids"], Is.EqualTo("GPU-1,GPU-2"));
        Assert.That(plugin.Logs.Named("HostLost"), Is.Empty);
    }

    /// <summary>All that a client sends for one call.</summary>
    private static byte[] Connection(string path, byte[] message)
    {
        byte[] headers =
        [
            // :method POST and :scheme http by their number in the static table of HPACK (RFC 7541), the others spelled out.
            0x83, 0x86, .. Header(":path", path), .. Header(":authority", "localhost"), .. Header("content-type", "application/grpc"),
            .. Header("te", "trailers"),
        ];
        byte[] data = [0, .. BigEndian(message.Length, 4), .. message];
        return
        [
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, []), .. Frame(Headers, EndHeaders, 1, headers),
            .. Frame(0, EndStream, 1, data),
        ];
    }

    private static byte[] Header(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload) =>
        [.. BigEndian(payload.Length, 3), type, flags, .. BigEndian(stream, 4), .. payload];

    private static byte[] BigEndian(int number, int bytes)
    {
        var all = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(all, number);
        return all[^bytes..];
    }
}

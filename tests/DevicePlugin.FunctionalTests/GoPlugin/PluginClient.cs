using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using DevicePlugin.GoPlugin.Handshake;
using DevicePlugin.GoPlugin.Protocol;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace DevicePlugin.FunctionalTests.GoPlugin;

/// <summary>A gRPC client on the address of a handshake line.</summary>
internal sealed class PluginClient : IDisposable
{
    private readonly GrpcChannel _channel;

    public PluginClient(HandshakeLine line, X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
                new NetworkStream(await ConnectAsync(line, cancellationToken), ownsSocket: true),
        };
        if (line.Certificate.Length > 0)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                TargetHost = GoPluginProtocol.TlsServerName,
                ClientCertificates = certificate is null ? null : [certificate],
                RemoteCertificateValidationCallback = (_, server, _, _) =>
                    Convert.ToBase64String(server!.GetRawCertData()).TrimEnd('=') == line.Certificate,
            };
        }

        _channel = GrpcChannel.ForAddress(
            line.Certificate.Length > 0 ? "https://localhost" : "http://localhost",
            new GrpcChannelOptions
            {
                HttpHandler = handler,
                DisposeHttpClient = true,
                MaxReceiveMessageSize = null,
                MaxRetryAttempts = 1,
            });
        Health = new Health.HealthClient(_channel);
        Controller = new GRPCController.GRPCControllerClient(_channel);
        Stdio = new GRPCStdio.GRPCStdioClient(_channel);
        Broker = new GRPCBroker.GRPCBrokerClient(_channel);
        Device = new Nomad.Protocol.DevicePlugin.DevicePluginClient(_channel);
        Channel = _channel;
    }

    public GrpcChannel Channel { get; }

    public Health.HealthClient Health { get; }

    public GRPCController.GRPCControllerClient Controller { get; }

    public GRPCStdio.GRPCStdioClient Stdio { get; }

    public GRPCBroker.GRPCBrokerClient Broker { get; }

    public Nomad.Protocol.DevicePlugin.DevicePluginClient Device { get; }

    public static async Task<Socket> ConnectAsync(HandshakeLine line, CancellationToken cancellationToken = default)
    {
        var unix = line.Network == GoPluginProtocol.UnixNetwork;
        var socket = unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        EndPoint address = unix ? new UnixDomainSocketEndPoint(line.Address) : IPEndPoint.Parse(line.Address);
        await socket.ConnectAsync(address, cancellationToken);
        return socket;
    }

    /// <summary>go-plugin's Ping.</summary>
    public async Task<HealthCheckResponse.Types.ServingStatus> PingAsync() =>
        (await Health.CheckAsync(new HealthCheckRequest { Service = "plugin" })).Status;

    public void Dispose() => _channel.Dispose();
}

using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using DevicePlugin.GoPlugin.Handshake;
using Grpc.Net.Client;

namespace DevicePlugin.GoPlugin.Client;

/// <summary>Opens the one HTTP/2 connection to a plugin, over its unix socket or TCP.</summary>
internal static class PluginChannel
{
    public static GrpcChannel Open(PluginHandshake handshake, X509Certificate2? clientCertificate)
    {
        var handler = new SocketsHttpHandler
        {
            // A proxy of the environment is for the network, not for a child process.
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ConnectCallback = (_, token) => ConnectAsync(handshake, token),
        };
        if (clientCertificate is not null)
        {
            handler.SslOptions = CreateSslOptions(clientCertificate, handshake.ServerCertificate!);
        }

        return GrpcChannel.ForAddress(
            clientCertificate is null ? "http://localhost" : "https://localhost",
            new GrpcChannelOptions
            {
                HttpHandler = handler,
                DisposeHttpClient = true,
                // go-plugin lifts both limits too (grpc_client.go).
                MaxReceiveMessageSize = null,
                MaxSendMessageSize = null,
                ThrowOperationCanceledOnCancellation = true,
            });
    }

    private static async ValueTask<Stream> ConnectAsync(PluginHandshake handshake, CancellationToken cancellationToken)
    {
        var endPoint = handshake.EndPoint;
        var protocol = endPoint.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol);
        try
        {
            if (protocol == ProtocolType.Tcp)
            {
                socket.NoDelay = true;
            }

            await socket.ConnectAsync(endPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Pinned byte for byte: the line on stdout came from our own child, so no authority can say more.
    private static SslClientAuthenticationOptions CreateSslOptions(X509Certificate2 own, X509Certificate2 pinned) => new()
    {
        TargetHost = GoPluginProtocol.TlsServerName,
        ClientCertificateContext = SslStreamCertificateContext.Create(own, null, offline: true),
        RemoteCertificateValidationCallback = (_, presented, _, _) =>
            presented is not null && presented.GetRawCertData().AsSpan().SequenceEqual(pinned.RawData),
    };
}

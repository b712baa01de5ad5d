namespace DevicePlugin.GoPlugin.Handshake;

/// <summary>What host and plugin agree on beforehand. The file named at each value is go-plugin's.</summary>
public static class GoPluginProtocol
{
    /// <summary>First field of the handshake line (server.go, <c>CoreProtocolVersion</c>).</summary>
    public const int CoreVersion = 1;

    /// <summary>Fifth field of the handshake line; a missing one means net/rpc (protocol.go, <c>ProtocolGRPC</c>).</summary>
    public const string GrpcTransport = "grpc";

    /// <summary>Third field of the handshake line (client.go, <c>Start</c>, knows these two).</summary>
    public const string UnixNetwork = "unix";

    /// <inheritdoc cref="UnixNetwork"/>
    public const string TcpNetwork = "tcp";

    /// <summary>Comma-separated protocol versions that the host can use (client.go; server.go, <c>protocolVersion</c>).</summary>
    public const string ProtocolVersionsVariable = "PLUGIN_PROTOCOL_VERSIONS";

    /// <summary>Lowest TCP port (client.go; server.go, <c>serverListener_tcp</c>).</summary>
    public const string MinPortVariable = "PLUGIN_MIN_PORT";

    /// <summary>Highest TCP port (client.go; server.go, <c>serverListener_tcp</c>).</summary>
    public const string MaxPortVariable = "PLUGIN_MAX_PORT";

    /// <summary>The host's certificate as PEM: asks for AutoMTLS (client.go; server.go, <c>Serve</c>).</summary>
    public const string ClientCertificateVariable = "PLUGIN_CLIENT_CERT";

    /// <summary>Folder of the plugin's unix sockets (constants.go).</summary>
    public const string UnixSocketDirectoryVariable = "PLUGIN_UNIX_SOCKET_DIR";

    /// <summary>Group, by name or number, that may use the plugin's unix sockets (constants.go).</summary>
    public const string UnixSocketGroupVariable = "PLUGIN_UNIX_SOCKET_GROUP";

    /// <summary>Any value asks for the seventh field of the handshake line (constants.go; server.go, <c>Serve</c>).</summary>
    public const string MultiplexVariable = "PLUGIN_MULTIPLEX_GRPC";

    /// <summary>Service name that the host's Ping asks the health service for (grpc_server.go, <c>GRPCServiceName</c>).</summary>
    public const string HealthServiceName = "plugin";

    /// <summary>Server name in AutoMTLS, and so the DNS name in both certificates (mtls.go, client.go).</summary>
    public const string TlsServerName = "localhost";
}

namespace DevicePlugin.GoPlugin;

public enum PluginTransport
{
    /// <summary>A unix socket, on Windows TCP: as go-plugin does (server.go, <c>serverListener</c>).</summary>
    PlatformDefault,

    /// <summary>TCP on 127.0.0.1. Without AutoMTLS every user of the machine can connect.</summary>
    Tcp,
}

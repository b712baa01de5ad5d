using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin;

public sealed record PluginHostOptions
{
    /// <summary>Versions of <see cref="Services"/> that can be served, at least one.</summary>
    public required IReadOnlyCollection<int> ProtocolVersions { get; init; }

    /// <summary>
    /// Adds what the plugin's gRPC services need. It runs after the handshake line is out: while it works, the host is
    /// already connected and waits. gRPC, health, reflection and go-plugin's own services are there.
    /// </summary>
    public required Action<IServiceCollection> ConfigureServices { get; init; }

    /// <summary>The plugin's own gRPC services, at least one; the one that its host calls first comes first.</summary>
    public required IReadOnlyCollection<PluginService> Services { get; init; }

    /// <summary>Must not write through <see cref="Console"/>: that is sent to the host as the plugin's output.</summary>
    public required ILoggerFactory LoggerFactory { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public PluginTransport Transport { get; init; } = PluginTransport.PlatformDefault;

    /// <summary>Looks an environment variable up; null when it is not set.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Where the handshake line goes; null: file descriptor 1.</summary>
    public TextWriter? HandshakeOutput { get; init; }
}

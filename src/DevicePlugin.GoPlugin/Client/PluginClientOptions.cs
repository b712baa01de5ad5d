namespace DevicePlugin.GoPlugin.Client;

/// <summary>Which executable a host starts, and under which terms of go-plugin.</summary>
public sealed record PluginClientOptions
{
    /// <summary>Path of the plugin's executable.</summary>
    public required string FileName { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Variables added to the host's own, which the plugin inherits as go-plugin's plugins do.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Null: the host's own.</summary>
    public string? WorkingDirectory { get; init; }

    public required MagicCookie MagicCookie { get; init; }

    /// <summary>Versions of the application's protocol that the host speaks; the plugin chooses one of them.</summary>
    public required IReadOnlyList<int> ProtocolVersions { get; init; }

    /// <summary>Both sides prove themselves by a certificate made for this process alone. Defaults to false.</summary>
    public bool AutoMtls { get; init; }

    /// <summary>Lowest port of a plugin that listens on TCP. Defaults to 10000, go-plugin's own.</summary>
    public int MinimumPort { get; init; } = 10_000;

    /// <summary>Highest port of a plugin that listens on TCP. Defaults to 25000, go-plugin's own.</summary>
    public int MaximumPort { get; init; } = 25_000;

    /// <summary>Where the plugin puts its socket. Null: the plugin chooses, usually the temporary directory.</summary>
    public string? UnixSocketDirectory { get; init; }

    /// <summary>How long the handshake line may take. Defaults to one minute, go-plugin's own.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a plugin may take to exit after Shutdown before it is killed. Defaults to 2 s, go-plugin's own.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Receives each line of the plugin's stderr, from a background task. Null: the lines are dropped.</summary>
    public Action<PluginLogLine>? LogReceived { get; init; }

    /// <summary>Receives what the plugin prints otherwise (stdout, GRPCStdio), from background tasks.</summary>
    public Action<PluginOutput>? OutputReceived { get; init; }
}

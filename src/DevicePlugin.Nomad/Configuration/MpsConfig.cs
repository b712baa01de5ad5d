namespace DevicePlugin.Nomad.Configuration;

/// <summary>The block <c>mps</c>: the control daemons of the sharing blocks with strategy <c>mps</c>.</summary>
public sealed record MpsConfig
{
    /// <summary>Whether the plugin starts and watches the daemons, or finds them running.</summary>
    public bool ManageDaemon { get; init; } = true;

    /// <summary>Null: under <see cref="PluginConfig.RunDir"/>.</summary>
    public string? PipeDirectory { get; init; }

    /// <summary>Null: under <see cref="PluginConfig.RunDir"/>.</summary>
    public string? LogDirectory { get; init; }

    /// <summary>Device memory of one client in MiB. Null: the total divided by the replicas.</summary>
    public int? MemoryLimitMiB { get; init; }

    /// <summary>Share of the SMs of one client, 1 to 100. Null: 100 divided by the replicas.</summary>
    public int? ThreadPercentage { get; init; }
}

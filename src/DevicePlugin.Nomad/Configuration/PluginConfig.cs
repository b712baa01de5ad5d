using Microsoft.Extensions.Logging;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>
/// The plugin block of Nomad's agent configuration, validated. Immutable, and equal to another one of equal values: the
/// one in force is replaced whole by the next SetConfig.
/// </summary>
public sealed record PluginConfig
{
    private const string DefaultStateDir = "/var/lib/nomad-device-gpu";
    private const string DefaultRunDir = "/run/nomad-device-gpu";
    private const string MaintenanceName = "maintenance";

    /// <summary>What an absent or empty block means.</summary>
    public static PluginConfig Default { get; } = new();

    /// <summary>False: one empty device list, and the streams stay open.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>UUIDs, NVML indexes or PCI bus ids as the operator wrote them.</summary>
    public EquatableArray<string> IgnoredGpuIds { get; init; } = [];

    /// <summary>1 s to 24 h; what was written is clamped to that.</summary>
    public TimeSpan FingerprintPeriod { get; init; } = TimeSpan.FromMinutes(1);

    public BackendKind Backend { get; init; } = BackendKind.Nvml;

    /// <summary>Path or bare file name. Null: <c>libnvidia-ml.so.1</c> and the known places.</summary>
    public string? NvmlLibrary { get; init; }

    public string DriverRoot { get; init; } = "/";

    public string DevRoot { get; init; } = "/dev";

    public string ProcRoot { get; init; } = "/proc";

    public string SysRoot { get; init; } = "/sys";

    /// <summary>Records that survive a reboot: causes of bad health, cordons, known GPUs.</summary>
    public string StateDir { get; init; } = DefaultStateDir;

    /// <summary>
    /// What describes one boot: MPS daemons, their sockets, time slices. Where only <see cref="StateDir"/> is configured, it
    /// has that too.
    /// </summary>
    public string RunDir
    {
        get => field ?? (StateDir == DefaultStateDir ? DefaultRunDir : StateDir);
        init;
    }

    /// <summary>Where files of one boot are. Those of fake GPUs are kept apart: a real plugin may serve on the same node.</summary>
    public string OwnRunDir => Backend == BackendKind.Fake ? Path.Combine(RunDir, "simulated") : RunDir;

    /// <summary>While this file exists, the plugin lets go of the driver.</summary>
    public string MaintenanceFile
    {
        get => field ?? Path.Combine(StateDir, MaintenanceName);
        init;
    }

    /// <summary>Where that file was before version 2, heeded too while no other path is configured; null otherwise.</summary>
    public string? FormerMaintenanceFile { get; init; } = Path.Combine(DefaultRunDir, MaintenanceName);

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public FakeConfig Fake { get; init; } = new();

    public HealthConfig Health { get; init; } = new();

    public ReserveConfig Reserve { get; init; } = new();

    public EquatableArray<SharingConfig> Sharing { get; init; } = [];

    public MpsConfig Mps { get; init; } = new();

    public MetricsConfig Metrics { get; init; } = new();
}

namespace DevicePlugin.Nomad.Configuration;

/// <summary>The block <c>health</c>.</summary>
public sealed record HealthConfig
{
    public bool Enabled { get; init; } = true;

    /// <summary>Whether causes are shown without withholding a device.</summary>
    public bool ObserveOnly { get; init; }

    /// <summary>Words of causes that are shown without withholding a device.</summary>
    public EquatableArray<string> ReportOnly { get; init; } = [];

    /// <summary>XIDs that never make a GPU unhealthy.</summary>
    public EquatableArray<int> IgnoredXids { get; init; } = [];

    /// <summary>More XIDs that make a GPU unhealthy.</summary>
    public EquatableArray<int> CriticalXids { get; init; } = [];

    /// <summary>How long one NVML call may take before its GPU counts as hung.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether XIDs are looked for in the kernel log too.</summary>
    public bool KernelLog { get; init; } = true;

    /// <summary>Program that is run when a device changes. Null: none.</summary>
    public string? OnChange { get; init; }
}

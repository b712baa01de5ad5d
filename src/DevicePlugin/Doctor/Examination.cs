using DevicePlugin.Comparison;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Nomad.Agent;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Doctor;

/// <summary>All that the checks look at: what was asked of the node once, and where its files are.</summary>
internal sealed record Examination
{
    public NodeRoot Files { get; init; } = new();

    /// <summary>The configuration that is judged; the defaults where it has errors.</summary>
    public PluginConfig Config { get; init; } = PluginConfig.Default;

    public ConfigReading Reading { get; init; } = new("the defaults", [], []);

    /// <summary>The program that is the plugin: this one.</summary>
    public string Executable { get; init; } = Environment.ProcessPath ?? "";

    /// <summary>Null when nobody told where Nomad looks for plugins.</summary>
    public string? PluginDir { get; init; }

    /// <summary>Null when nobody told where it is.</summary>
    public AgentConfig? Agent { get; init; }

    /// <summary>What the plugin would offer, with the driver's state.</summary>
    public Inventory Inventory { get; init; } = Inventory.Empty;

    public LibraryUse Library { get; init; } = LibraryUse.None;

    public RoundTrip RoundTrip { get; init; } = RoundTrip.None;

    /// <summary>With nvidia-smi; null when nobody asked for it.</summary>
    public SmiComparison? Comparison { get; init; }

    /// <summary>Whether this user may do everything, as the agent's mostly may.</summary>
    public bool IsPrivileged { get; init; } = Environment.IsPrivilegedProcess;

    public bool IsFake => Config.Backend == BackendKind.Fake;

    public bool HasDriver => Inventory.Driver.IsLoaded;

    /// <summary>A device for each physical GPU that is offered, itself or one of its MIG instances.</summary>
    public IReadOnlyList<GpuDevice> Gpus =>
        [.. Inventory.Devices.Select(device => device.Gpu).DistinctBy(gpu => gpu.PhysicalUuid)];
}

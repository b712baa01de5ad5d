using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Watching;

/// <summary>One line of the view: a GPU, or a MIG instance under its GPU.</summary>
internal sealed class WatchRow
{
    public required WatchRowKind Kind { get; init; }

    /// <summary>NVML index and model of a GPU, profile and instance of a MIG instance.</summary>
    public required string Name { get; init; }

    public required string Id { get; init; }

    public required string ShortId { get; init; }

    public required GpuReadings Readings { get; init; }

    /// <summary>Of a partitioned GPU: what its instances know of it.</summary>
    public required DeviceHealth Health { get; init; }

    /// <summary>Percent; an instance's is the activity of its engine.</summary>
    public double? Utilization { get; init; }

    /// <summary>What was read lately, the newest last.</summary>
    public UtilizationPoint[] History { get; init; } = [];
}

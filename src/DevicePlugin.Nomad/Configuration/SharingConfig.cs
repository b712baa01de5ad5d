using DevicePlugin.Gpu.Sharing;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>One block <c>sharing</c>; the first that matches a GPU wins.</summary>
public sealed record SharingConfig
{
    public SharingStrategy Strategy { get; init; } = SharingStrategy.TimeSlicing;

    /// <summary>How many times each device is offered, 1 to 256; 1 leaves it as it is.</summary>
    public int Replicas { get; init; } = 2;

    /// <summary>UUIDs, NVML indexes, PCI bus ids, model patterns with <c>*</c>, MIG profiles, or <c>all</c>.</summary>
    public EquatableArray<string> Devices { get; init; } = ["all"];

    /// <summary>Marks the group of shared devices, however the block names them.</summary>
    public bool Rename { get; init; }

    public TimeSlice TimeSlice { get; init; } = TimeSlice.Default;
}

namespace DevicePlugin.Gpu;

/// <summary>A GPU that is there and of which the driver does not say enough to offer it.</summary>
/// <param name="Fault">Why not.</param>
public sealed record UnidentifiedGpu(DeviceFault Fault)
{
    /// <summary>The index that leads to it; null where the driver does not count it.</summary>
    public int? Index { get; init; }

    /// <summary>Null where nobody says.</summary>
    public string? Uuid { get; init; }

    /// <summary>The kernel module's name for it.</summary>
    public string? Model { get; init; }

    public string? PciBusId { get; init; }
}

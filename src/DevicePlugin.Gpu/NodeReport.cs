using System.Collections.Immutable;

namespace DevicePlugin.Gpu;

/// <summary>One enumeration: the driver and every device it names, parents of MIG instances included.</summary>
public sealed record NodeReport(DriverStatus Driver, ImmutableArray<GpuDevice> Devices)
{
    /// <summary>Which load of the driver reported this; null where nothing tells one load from another.</summary>
    public DriverLoad? Load { get; init; }

    public static NodeReport Without(DriverState state, string reason) => new(new DriverStatus(state, reason), []);
}

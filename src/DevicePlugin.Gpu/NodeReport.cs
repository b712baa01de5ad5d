using System.Collections.Immutable;

namespace DevicePlugin.Gpu;

/// <summary>One enumeration: the driver and every device it names, parents of MIG instances included.</summary>
public sealed record NodeReport(DriverStatus Driver, ImmutableArray<GpuDevice> Devices)
{
    /// <summary>Which load of the driver reported this; null where nothing tells one load from another.</summary>
    public DriverLoad? Load { get; init; }

    public DriverAge Age { get; init; }

    /// <summary>
    /// UUIDs of the physical GPUs that have not answered yet: their devices are those of an earlier report, and nothing is
    /// to be concluded from them.
    /// </summary>
    public ImmutableArray<string> Unread { get; init; } = [];

    /// <summary>
    /// The first reading of some GPUs is still going on: what the report lacks is not missing, and another report follows.
    /// </summary>
    public bool IsPartial { get; init; }

    /// <summary>GPUs that are there beside the devices, and of which too little is known to list them.</summary>
    public ImmutableArray<UnidentifiedGpu> Unidentified { get; init; } = [];

    /// <summary>
    /// What the kernel log has and no event told, in the order of its lines. It happened before the enumeration began; most of
    /// it before the backend was opened.
    /// </summary>
    public ImmutableArray<GpuEvent> Past { get; init; } = [];

    public static NodeReport Without(DriverState state, string reason) => new(new DriverStatus(state, reason), []);
}

using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Hardware.HandOut;

/// <summary>How devices are handed out under one configuration.</summary>
public sealed record HandOutOptions
{
    public required ReservationPolicy Policy { get; init; }

    public required NodeFileReader Files { get; init; }

    /// <summary>Makes nodes that are missing; null where nobody asked for it, and for a command.</summary>
    public DeviceNodeMaker? Maker { get; init; }

    /// <summary>Null for a command, which only looks: no spec is written, and none is asked for.</summary>
    public CdiOptions? Cdi { get; init; }
}

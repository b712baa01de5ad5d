using System.Collections.Immutable;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>What one call of Reserve asks for, every id of it checked.</summary>
/// <param name="Devices">As Nomad named them, replicas included, in the order of the request.</param>
/// <param name="Gpus">The GPUs and MIG instances behind them, each once, in the same order.</param>
/// <param name="Driver">The driver that offers them.</param>
/// <param name="IsSimulated">True when they come from a scenario, and the node has no files for them.</param>
public sealed record ReservationRequest(
    ImmutableArray<InventoryDevice> Devices, ImmutableArray<GpuDevice> Gpus, DriverStatus Driver, bool IsSimulated)
{
    /// <summary>The files of the node as they were for this call; none where no strategy needs them.</summary>
    public NodeFiles Files { get; init; } = NodeFiles.None;
}

using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>Devices of one model, all shared or all exclusive where the name tells them apart, which jobs may use in place of one another.</summary>
public sealed record InventoryGroup(string Name, ImmutableArray<InventoryDevice> Devices);

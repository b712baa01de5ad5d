using System.Collections.Immutable;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Metrics;
using DevicePlugin.Metrics.Allocations;

namespace DevicePlugin.StatusPage;

/// <summary>What a page shows besides the readings.</summary>
/// <param name="Started">Tells a page that it talks to another process than before.</param>
/// <param name="Reserved">When each device was reserved last: Nomad does not say when a task gives it back.</param>
internal sealed record StatusState(
    Inventory Inventory, ImmutableArray<PhysicalGpu> Gpus, DateTimeOffset Started, ImmutableArray<StatusEvent> Events,
    IReadOnlyDictionary<string, DateTimeOffset> Reserved, IReadOnlyList<DeviceUse> Uses);

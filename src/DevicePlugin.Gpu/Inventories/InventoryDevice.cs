using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>A device as Nomad is offered it.</summary>
/// <param name="Id">The UUID; <c>UUID::n</c> for a replica of a shared device.</param>
/// <param name="Gpu">The GPU or MIG instance behind it.</param>
/// <param name="Health">Derived from the physical GPU unless the cause names one instance.</param>
public sealed record InventoryDevice(string Id, GpuDevice Gpu, DeviceHealth Health);

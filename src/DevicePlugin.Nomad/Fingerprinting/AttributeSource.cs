using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Nomad.Fingerprinting;

/// <summary>What an attribute can be read from: one device, and the inventory it belongs to.</summary>
internal readonly record struct AttributeSource(Inventory Inventory, GpuDevice Device)
{
    public GpuFacts Facts => Device.Facts;

    public DriverStatus Driver => Inventory.Driver;
}

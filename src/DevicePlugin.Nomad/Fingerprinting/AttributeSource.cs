using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;

namespace DevicePlugin.Nomad.Fingerprinting;

/// <summary>What an attribute can be read from: one device, and the inventory it belongs to.</summary>
internal readonly record struct AttributeSource(Inventory Inventory, InventoryDevice Offer)
{
    public GpuDevice Device => Offer.Gpu;

    /// <summary>Null for an exclusive device.</summary>
    public DeviceShare? Share => Offer.Share;

    public GpuFacts Facts => Device.Facts;

    public DriverStatus Driver => Inventory.Driver;
}

using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Sharing;

/// <summary>Turns each shared device into its replicas. Health is the device's: all of them have it or none.</summary>
internal static class ReplicaExpansion
{
    /// <param name="devices">Physical GPUs and MIG instances, by their UUID.</param>
    /// <param name="policy">What the configuration in force says.</param>
    public static IReadOnlyList<InventoryDevice> Apply(IReadOnlyList<InventoryDevice> devices, SharingPolicy policy)
    {
        if (policy.Rules.IsEmpty)
        {
            return devices;
        }

        var offered = new List<InventoryDevice>(devices.Count);
        foreach (var device in devices)
        {
            if (policy.FindShare(device.Gpu) is { } share)
            {
                AddReplicas(offered, device, share);
            }
            else
            {
                offered.Add(device);
            }
        }

        return offered;
    }

    private static void AddReplicas(List<InventoryDevice> offered, InventoryDevice device, DeviceShare share)
    {
        for (var n = 0; n < share.Replicas; n++)
        {
            offered.Add(device with { Id = $"{device.Id}::{n}", Share = share with { Replica = n } });
        }
    }
}

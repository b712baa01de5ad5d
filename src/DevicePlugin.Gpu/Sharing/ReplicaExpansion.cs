using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Sharing;

/// <summary>Turns each shared device into its replicas. Health is the device's: all of them have it or none.</summary>
internal sealed class ReplicaExpansion
{
    // Models of which shared and exclusive devices were offered at the same time. They stay told apart: when the last
    // exclusive GPU dies, running tasks and their jobs go on naming the group that they know.
    private readonly HashSet<string> _mixed = new(StringComparer.Ordinal);

    /// <summary>Another configuration may mean other groups.</summary>
    public void Clear() => _mixed.Clear();

    /// <param name="devices">Physical GPUs and MIG instances, by their UUID.</param>
    /// <param name="policy">What the configuration in force says.</param>
    public IReadOnlyList<InventoryDevice> Apply(IReadOnlyList<InventoryDevice> devices, SharingPolicy policy)
    {
        if (policy.Rules.IsEmpty)
        {
            return devices;
        }

        var shares = new DeviceShare?[devices.Count];
        for (var i = 0; i < shares.Length; i++)
        {
            shares[i] = policy.FindShare(devices[i].Gpu);
        }

        NoteMixedModels(devices, shares);
        var offered = new List<InventoryDevice>(devices.Count);
        for (var i = 0; i < shares.Length; i++)
        {
            if (shares[i] is { } share)
            {
                AddReplicas(offered, devices[i], share);
            }
            else
            {
                offered.Add(devices[i]);
            }
        }

        return offered;
    }

    private void NoteMixedModels(IReadOnlyList<InventoryDevice> devices, DeviceShare?[] shares)
    {
        var exclusive = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < shares.Length; i++)
        {
            if (shares[i] is null)
            {
                exclusive.Add(devices[i].Gpu.Name);
            }
        }

        for (var i = 0; i < shares.Length; i++)
        {
            if (shares[i] is not null && exclusive.Contains(devices[i].Gpu.Name))
            {
                _mixed.Add(devices[i].Gpu.Name);
            }
        }
    }

    private void AddReplicas(List<InventoryDevice> offered, InventoryDevice device, DeviceShare first)
    {
        var share = first with { HasOwnGroup = first.HasOwnGroup || _mixed.Contains(device.Gpu.Name) };
        for (var n = 0; n < share.Replicas; n++)
        {
            offered.Add(device with { Id = $"{device.Id}::{n}", Share = share with { Replica = n } });
        }
    }
}

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// The same order whatever the enumeration's, and over reboots too: NVML's index is not stable, and Nomad's server treats
/// another order as a change of the node (nomad/node_endpoint.go compares deeply).
/// </summary>
internal sealed class DeviceOrder : IComparer<InventoryDevice>
{
    public static readonly DeviceOrder Instance = new();

    public int Compare(InventoryDevice? x, InventoryDevice? y)
    {
        if (x is null || y is null)
        {
            return Comparer<bool>.Default.Compare(x is not null, y is not null);
        }

        var order = Key(x).CompareTo(Key(y));
        if (order == 0)
        {
            order = string.CompareOrdinal(x.Gpu.Uuid, y.Gpu.Uuid);
        }

        return order != 0 ? order : CompareIds(x.Id, y.Id);
    }

    private static (string, int, int) Key(InventoryDevice device) => (
        device.Gpu.PciBusId ?? "",
        device.Gpu.Mig?.GpuInstanceId ?? -1,
        device.Gpu.Mig?.ComputeInstanceId ?? -1);

    // Ids of one GPU differ in the replica number only: the shorter number is the smaller one.
    private static int CompareIds(string x, string y) =>
        x.Length != y.Length ? x.Length.CompareTo(y.Length) : string.CompareOrdinal(x, y);
}

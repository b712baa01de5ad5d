namespace DevicePlugin.Gpu;

public enum GpuEventKind
{
    /// <summary>An XID error; <see cref="GpuEvent.Data"/> is its number.</summary>
    Xid,

    /// <summary>The MIG layout, a GPU's presence or the driver changed: enumerate again.</summary>
    Inventory,

    /// <summary>NVML asks to read the recovery action (field 230) again.</summary>
    RecoveryAction,
}

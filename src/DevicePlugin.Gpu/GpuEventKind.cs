namespace DevicePlugin.Gpu;

public enum GpuEventKind
{
    /// <summary>An XID error; <see cref="GpuEvent.Data"/> is its number.</summary>
    Xid,

    /// <summary>The MIG layout, a GPU's presence or the driver changed: enumerate again.</summary>
    Inventory,

    /// <summary>NVML asks to read the recovery action (field 230) again.</summary>
    RecoveryAction,

    /// <summary>
    /// The kernel's line of an XID that the driver has told as an event: nothing but <see cref="GpuEvent.Line"/> is new.
    /// </summary>
    XidLogged,

    /// <summary>An error of an NVSwitch, which the kernel log alone tells; <see cref="GpuEvent.Data"/> is its SXid.</summary>
    SwitchError,

    /// <summary>So many lines of the kernel log were overwritten before they were read.</summary>
    LogLinesLost,
}

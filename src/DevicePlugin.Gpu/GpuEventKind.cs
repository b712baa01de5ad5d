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
    /// The kernel's line for an XID that the driver already reported as an event: only <see cref="GpuEvent.Line"/> is new.
    /// </summary>
    XidLogged,

    /// <summary>An error of an NVSwitch, which only the kernel log reports; <see cref="GpuEvent.Data"/> is its SXid.</summary>
    SwitchError,

    /// <summary>Lines of the kernel log were overwritten before they were read.</summary>
    LogLinesLost,
}

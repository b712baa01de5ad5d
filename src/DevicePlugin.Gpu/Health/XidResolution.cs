namespace DevicePlugin.Gpu.Health;

/// <summary>What NVIDIA's XID catalog says to do at once, and with it whether the GPU is fit for new tasks.</summary>
public enum XidResolution
{
    /// <summary>Nothing: counted and logged.</summary>
    Ignore,

    /// <summary>The faulting task must be restarted, the GPU need not be reset: counted and logged.</summary>
    RestartApplication,

    /// <summary>Unfit until the GPU was reset.</summary>
    ResetGpu,

    /// <summary>Unfit until the driver was reloaded or the machine was rebooted.</summary>
    RestartMachine,

    /// <summary>Depends on the case: unfit while the recovery action (field 230) is not none, or a link is down.</summary>
    OwnWorkflow,

    /// <summary>
    /// Not in the catalog, or there without a resolution: unfit while the recovery action (field 230) is not none. A driver
    /// without the field says nothing, and the XID is counted and logged.
    /// </summary>
    Unknown,
}

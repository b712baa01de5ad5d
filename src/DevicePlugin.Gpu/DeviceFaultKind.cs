namespace DevicePlugin.Gpu;

public enum DeviceFaultKind
{
    /// <summary>NVML_ERROR_GPU_IS_LOST: off the bus or unreachable.</summary>
    Lost,

    /// <summary>NVML_ERROR_RESET_REQUIRED.</summary>
    ResetRequired,

    /// <summary>Field 230 (recovery action) is not none: the GPU answers, and the driver says what it needs.</summary>
    RecoveryNeeded,

    /// <summary>Uncorrectable ECC errors since the driver was loaded.</summary>
    UncorrectableEcc,

    /// <summary>A row remap or a page retirement waits for a reset.</summary>
    RemapPending,

    /// <summary>A row could not be remapped: the board is to be replaced.</summary>
    RemapFailed,

    /// <summary>NVML_ERROR_CORRUPTED_INFOROM.</summary>
    InforomCorrupt,

    /// <summary>NVML_ERROR_INSUFFICIENT_POWER: a power cable is missing.</summary>
    InsufficientPower,

    /// <summary>The NVLink fabric is unhealthy, or a link that belongs up is down.</summary>
    FabricUnhealthy,

    /// <summary>The GPU belongs to an NVLink fabric but has not been registered with it.</summary>
    FabricNotReady,

    /// <summary>More errors of the on-chip memories than NVIDIA's field diagnostic accepts: the board must be replaced.</summary>
    SramThresholdExceeded,

    /// <summary>The driver found memory that it cannot repair: the board must be replaced.</summary>
    MemoryUnrepairable,

    /// <summary>The repair of a memory channel or a TPC waits for a reset.</summary>
    RepairPending,

    /// <summary>The GPU is shared by MPS, and its control daemon does not work or cannot be used.</summary>
    MpsUnavailable,

    /// <summary>A call did not return within the deadline.</summary>
    Unresponsive,

    /// <summary>Calls do not return, and which GPU is to blame, if any, is not known.</summary>
    DriverUnresponsive,

    /// <summary>Its first reading is still going on: nobody knows yet whether it works.</summary>
    NotRead,

    /// <summary>Any other failure of a call that must not fail.</summary>
    CallFailed,
}

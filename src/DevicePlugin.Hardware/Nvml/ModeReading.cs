namespace DevicePlugin.Hardware.Nvml;

/// <summary>What takes an NVML call of its own to refresh.</summary>
internal enum ModeReading
{
    Persistence,
    Compute,

    /// <summary>Whether the handle still leads to the same board.</summary>
    Identity,
    Fabric,

    /// <summary>Only where nvmlDeviceGetFieldValues does not tell, as the rest.</summary>
    PowerLimit,
    Ecc,
    UncorrectedErrors,
    RemappedRows,
    RetiredPages,
}

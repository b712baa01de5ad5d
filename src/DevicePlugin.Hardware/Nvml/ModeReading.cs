namespace DevicePlugin.Hardware.Nvml;

/// <summary>What takes an NVML call of its own to refresh and shows no fault.</summary>
internal enum ModeReading
{
    Persistence,
    Compute,

    /// <summary>Whether the handle still leads to the same board.</summary>
    Identity,

    /// <summary>Only where nvmlDeviceGetFieldValues does not tell, as the one below.</summary>
    PowerLimit,
    Ecc,
}

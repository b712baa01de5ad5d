namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>
/// Functions that only a capture needs, and those that only newer drivers have and that are optional for a GPU; (device, value)
/// unless a comment says otherwise.
/// </summary>
internal sealed class RecordFunctions(NativeExports exports)
{
    public NativeFunction ModuleId { get; } = exports.Find("nvmlDeviceGetModuleId");

    public NativeFunction BoardId { get; } = exports.Find("nvmlDeviceGetBoardId");

    public NativeFunction MultiGpuBoard { get; } = exports.Find("nvmlDeviceGetMultiGpuBoard");

    public NativeFunction Pdi { get; } = exports.Find("nvmlDeviceGetPdi");

    public NativeFunction InforomImageVersion { get; } = exports.Find("nvmlDeviceGetInforomImageVersion");

    /// <summary>(device, object, buffer, length).</summary>
    public NativeFunction InforomVersion { get; } = exports.Find("nvmlDeviceGetInforomVersion");

    public NativeFunction GpuMaxPcieLinkGeneration { get; } = exports.Find("nvmlDeviceGetGpuMaxPcieLinkGeneration");

    /// <summary>(device, counter, KB/s); 20 ms a call.</summary>
    public NativeFunction PcieThroughput { get; } = exports.Find("nvmlDeviceGetPcieThroughput");

    public NativeFunction NumaNodeId { get; } = exports.Find("nvmlDeviceGetNumaNodeId");

    public NativeFunction ProtectedMemoryUsage { get; } = exports.Find("nvmlDeviceGetConfComputeProtectedMemoryUsage");

    /// <summary>(device, clock type, MHz), as the two below.</summary>
    public NativeFunction ApplicationsClock { get; } = exports.Find("nvmlDeviceGetApplicationsClock");

    public NativeFunction DefaultApplicationsClock { get; } = exports.Find("nvmlDeviceGetDefaultApplicationsClock");

    public NativeFunction MaxCustomerBoostClock { get; } = exports.Find("nvmlDeviceGetMaxCustomerBoostClock");

    /// <summary>(device, count, clocks).</summary>
    public NativeFunction SupportedMemoryClocks { get; } = exports.Find("nvmlDeviceGetSupportedMemoryClocks");

    /// <summary>(device, memory clock, count, clocks).</summary>
    public NativeFunction SupportedGraphicsClocks { get; } = exports.Find("nvmlDeviceGetSupportedGraphicsClocks");

    /// <summary>(device, threshold, degrees).</summary>
    public NativeFunction TemperatureThreshold { get; } = exports.Find("nvmlDeviceGetTemperatureThreshold");

    public NativeFunction NumFans { get; } = exports.Find("nvmlDeviceGetNumFans");

    public NativeFunction C2cModeInfoV { get; } = exports.Find("nvmlDeviceGetC2cModeInfoV");

    public NativeFunction AccountingMode { get; } = exports.Find("nvmlDeviceGetAccountingMode");

    public NativeFunction AccountingBufferSize { get; } = exports.Find("nvmlDeviceGetAccountingBufferSize");

    public NativeFunction Capabilities { get; } = exports.Find("nvmlDeviceGetCapabilities");

    public NativeFunction DefaultEccMode { get; } = exports.Find("nvmlDeviceGetDefaultEccMode");

    public NativeFunction SramEccErrorStatus { get; } = exports.Find("nvmlDeviceGetSramEccErrorStatus");

    public NativeFunction RepairStatus { get; } = exports.Find("nvmlDeviceGetRepairStatus");

    public NativeFunction UnrepairableMemoryFlag { get; } = exports.Find("nvmlDeviceGetUnrepairableMemoryFlag_v1");

    public NativeFunction RemappedRows2 { get; } = exports.Find("nvmlDeviceGetRemappedRows_v2");

    public NativeFunction PlatformInfo { get; } = exports.Find("nvmlDeviceGetPlatformInfo");

    /// <summary>(device, count, entries); entries of 24 bytes from _v2 on, of 16 before.</summary>
    public NativeFunction MpsProcesses { get; } = exports.Find(
        "nvmlDeviceGetMPSComputeRunningProcesses_v3", "nvmlDeviceGetMPSComputeRunningProcesses_v2",
        "nvmlDeviceGetMPSComputeRunningProcesses");
}

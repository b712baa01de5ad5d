namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>NVML's functions that take a device; (device, value) unless a comment says otherwise.</summary>
internal sealed class DeviceFunctions(NativeExports exports)
{
    // Text: (device, buffer, length).
    public NativeFunction Name { get; } = exports.Find("nvmlDeviceGetName");

    public NativeFunction Uuid { get; } = exports.Find("nvmlDeviceGetUUID");

    public NativeFunction VbiosVersion { get; } = exports.Find("nvmlDeviceGetVbiosVersion");

    public NativeFunction Serial { get; } = exports.Find("nvmlDeviceGetSerial");

    public NativeFunction BoardPartNumber { get; } = exports.Find("nvmlDeviceGetBoardPartNumber");

    /// <summary>(device, buffer of at least 64 bytes).</summary>
    public NativeFunction GspFirmwareVersion { get; } = exports.Find("nvmlDeviceGetGspFirmwareVersion");

    public NativeFunction PciInfo { get; } =
        exports.Find("nvmlDeviceGetPciInfo_v3", "nvmlDeviceGetPciInfo_v2", "nvmlDeviceGetPciInfo");

    public NativeFunction MinorNumber { get; } = exports.Find("nvmlDeviceGetMinorNumber");

    public NativeFunction Brand { get; } = exports.Find("nvmlDeviceGetBrand");

    public NativeFunction Architecture { get; } = exports.Find("nvmlDeviceGetArchitecture");

    /// <summary>(device, major, minor).</summary>
    public NativeFunction CudaComputeCapability { get; } = exports.Find("nvmlDeviceGetCudaComputeCapability");

    public NativeFunction NumGpuCores { get; } = exports.Find("nvmlDeviceGetNumGpuCores");

    public NativeFunction VirtualizationMode { get; } = exports.Find("nvmlDeviceGetVirtualizationMode");

    public NativeFunction AddressingMode { get; } = exports.Find("nvmlDeviceGetAddressingMode");

    public NativeFunction ValidateInforom { get; } = exports.Find("nvmlDeviceValidateInforom");

    public NativeFunction MemoryInfo2 { get; } = exports.Find("nvmlDeviceGetMemoryInfo_v2");

    public NativeFunction MemoryInfo { get; } = exports.Find("nvmlDeviceGetMemoryInfo");

    public NativeFunction Bar1MemoryInfo { get; } = exports.Find("nvmlDeviceGetBAR1MemoryInfo");

    public NativeFunction MemoryBusWidth { get; } = exports.Find("nvmlDeviceGetMemoryBusWidth");

    public NativeFunction MaxPcieLinkGeneration { get; } = exports.Find("nvmlDeviceGetMaxPcieLinkGeneration");

    public NativeFunction MaxPcieLinkWidth { get; } = exports.Find("nvmlDeviceGetMaxPcieLinkWidth");

    public NativeFunction CurrPcieLinkGeneration { get; } = exports.Find("nvmlDeviceGetCurrPcieLinkGeneration");

    public NativeFunction CurrPcieLinkWidth { get; } = exports.Find("nvmlDeviceGetCurrPcieLinkWidth");

    public NativeFunction PcieReplayCounter { get; } = exports.Find("nvmlDeviceGetPcieReplayCounter");

    /// <summary>(device, clock type, MHz), as the next one.</summary>
    public NativeFunction ClockInfo { get; } = exports.Find("nvmlDeviceGetClockInfo");

    public NativeFunction MaxClockInfo { get; } = exports.Find("nvmlDeviceGetMaxClockInfo");

    public NativeFunction ClocksEventReasons { get; } = exports.Find(
        "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons");

    public NativeFunction PerformanceState { get; } = exports.Find("nvmlDeviceGetPerformanceState");

    public NativeFunction PowerUsage { get; } = exports.Find("nvmlDeviceGetPowerUsage");

    public NativeFunction EnforcedPowerLimit { get; } = exports.Find("nvmlDeviceGetEnforcedPowerLimit");

    public NativeFunction PowerManagementLimit { get; } = exports.Find("nvmlDeviceGetPowerManagementLimit");

    public NativeFunction PowerDefaultLimit { get; } = exports.Find("nvmlDeviceGetPowerManagementDefaultLimit");

    /// <summary>(device, minimum, maximum).</summary>
    public NativeFunction PowerLimitConstraints { get; } =
        exports.Find("nvmlDeviceGetPowerManagementLimitConstraints");

    public NativeFunction TotalEnergyConsumption { get; } = exports.Find("nvmlDeviceGetTotalEnergyConsumption");

    public NativeFunction TemperatureV { get; } = exports.Find("nvmlDeviceGetTemperatureV");

    /// <summary>(device, sensor, degrees).</summary>
    public NativeFunction Temperature { get; } = exports.Find("nvmlDeviceGetTemperature");

    public NativeFunction MarginTemperature { get; } = exports.Find("nvmlDeviceGetMarginTemperature");

    public NativeFunction FanSpeed { get; } = exports.Find("nvmlDeviceGetFanSpeed");

    public NativeFunction UtilizationRates { get; } = exports.Find("nvmlDeviceGetUtilizationRates");

    /// <summary>(device, percent, sampling period), as the three below.</summary>
    public NativeFunction EncoderUtilization { get; } = exports.Find("nvmlDeviceGetEncoderUtilization");

    public NativeFunction DecoderUtilization { get; } = exports.Find("nvmlDeviceGetDecoderUtilization");

    public NativeFunction JpgUtilization { get; } = exports.Find("nvmlDeviceGetJpgUtilization");

    public NativeFunction OfaUtilization { get; } = exports.Find("nvmlDeviceGetOfaUtilization");

    public NativeFunction ComputeMode { get; } = exports.Find("nvmlDeviceGetComputeMode");

    public NativeFunction PersistenceMode { get; } = exports.Find("nvmlDeviceGetPersistenceMode");

    public NativeFunction DisplayMode { get; } = exports.Find("nvmlDeviceGetDisplayMode");

    public NativeFunction DisplayActive { get; } = exports.Find("nvmlDeviceGetDisplayActive");

    /// <summary>(device, current, pending).</summary>
    public NativeFunction EccMode { get; } = exports.Find("nvmlDeviceGetEccMode");

    /// <summary>(device, error type, counter type, count).</summary>
    public NativeFunction TotalEccErrors { get; } = exports.Find("nvmlDeviceGetTotalEccErrors");

    /// <summary>(device, error type, counter type, location, count).</summary>
    public NativeFunction MemoryErrorCounter { get; } = exports.Find("nvmlDeviceGetMemoryErrorCounter");

    /// <summary>(device, corrected, uncorrected, pending, failed).</summary>
    public NativeFunction RemappedRows { get; } = exports.Find("nvmlDeviceGetRemappedRows");

    public NativeFunction RowRemapperHistogram { get; } = exports.Find("nvmlDeviceGetRowRemapperHistogram");

    public NativeFunction RetiredPagesPending { get; } = exports.Find("nvmlDeviceGetRetiredPagesPendingStatus");

    /// <summary>(device, link, value), as the next one.</summary>
    public NativeFunction NvLinkState { get; } = exports.Find("nvmlDeviceGetNvLinkState");

    public NativeFunction NvLinkVersion { get; } = exports.Find("nvmlDeviceGetNvLinkVersion");

    /// <summary>(device, link, capability, answer).</summary>
    public NativeFunction NvLinkCapability { get; } = exports.Find("nvmlDeviceGetNvLinkCapability");

    /// <summary>(device, link, counter, count).</summary>
    public NativeFunction NvLinkErrorCounter { get; } = exports.Find("nvmlDeviceGetNvLinkErrorCounter");

    public NativeFunction FabricInfoV { get; } = exports.Find("nvmlDeviceGetGpuFabricInfoV");

    public NativeFunction FabricInfo { get; } = exports.Find("nvmlDeviceGetGpuFabricInfo");

    /// <summary>
    /// (device, count, entries). Only ever asked how many: with no room the count comes back, so the entries' size,
    /// which grew from 16 to 24 bytes with _v2, does not matter.
    /// </summary>
    public NativeFunction ComputeProcesses { get; } = exports.Find(
        "nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2",
        "nvmlDeviceGetComputeRunningProcesses");

    public NativeFunction GraphicsProcesses { get; } = exports.Find(
        "nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v2",
        "nvmlDeviceGetGraphicsRunningProcesses");

    /// <summary>(device, count, values).</summary>
    public NativeFunction FieldValues { get; } = exports.Find("nvmlDeviceGetFieldValues");
}

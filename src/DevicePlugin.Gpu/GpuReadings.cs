namespace DevicePlugin.Gpu;

/// <summary>
/// One sample of what changes on a device. Null is "not supported here" or "could not be read", never zero. A MIG instance
/// has its own memory and activity, its parent's temperature and power, and nothing else.
/// </summary>
public sealed record GpuReadings
{
    public static readonly GpuReadings None = new();

    /// <summary>Excludes the driver's reserve where nvmlDeviceGetMemoryInfo_v2 tells it apart.</summary>
    public long? MemoryUsedMiB { get; init; }

    public long? MemoryTotalMiB { get; init; }

    public long? MemoryReservedMiB { get; init; }

    public long? MemoryFreeMiB { get; init; }

    public long? Bar1UsedMiB { get; init; }

    public long? Bar1TotalMiB { get; init; }

    public double? PowerUsageWatts { get; init; }

    /// <summary>nvmlDeviceGetEnforcedPowerLimit.</summary>
    public double? PowerLimitWatts { get; init; }

    /// <summary>Since the driver was loaded (nvmlDeviceGetTotalEnergyConsumption).</summary>
    public double? EnergyJoules { get; init; }

    public int? GpuUtilizationPercent { get; init; }

    public int? MemoryUtilizationPercent { get; init; }

    public int? EncoderUtilizationPercent { get; init; }

    public int? DecoderUtilizationPercent { get; init; }

    public int? JpegUtilizationPercent { get; init; }

    public int? OfaUtilizationPercent { get; init; }

    public int? TemperatureC { get; init; }

    public int? MemoryTemperatureC { get; init; }

    /// <summary>Degrees left before the clocks are lowered (nvmlDeviceGetMarginTemperature).</summary>
    public int? ThermalMarginC { get; init; }

    public int? FanSpeedPercent { get; init; }

    public int? GraphicsClockMHz { get; init; }

    public int? SmClockMHz { get; init; }

    public int? MemoryClockMHz { get; init; }

    public int? VideoClockMHz { get; init; }

    public ClockEventReasons? ClocksHeldDownBy { get; init; }

    /// <summary>0 (fastest) to 15.</summary>
    public int? PerformanceState { get; init; }

    public int? PcieGeneration { get; init; }

    public int? PcieWidth { get; init; }

    public long? PcieReplays { get; init; }

    /// <summary>Corrected since driver load, in the L1 caches (nvmlDeviceGetMemoryErrorCounter), as the two below.</summary>
    public long? EccL1Corrected { get; init; }

    public long? EccL2Corrected { get; init; }

    public long? EccMemoryCorrected { get; init; }

    /// <summary>Since driver load; "aggregate" is over the board's life (nvmlDeviceGetTotalEccErrors).</summary>
    public long? EccCorrectedVolatile { get; init; }

    public long? EccCorrectedAggregate { get; init; }

    public long? EccUncorrectedVolatile { get; init; }

    public long? EccUncorrectedAggregate { get; init; }

    public long? RemappedRowsCorrected { get; init; }

    public long? RemappedRowsUncorrected { get; init; }

    public bool? RowRemapPending { get; init; }

    public bool? RowRemapFailed { get; init; }

    /// <summary>Banks without a spare row left (nvmlDeviceGetRowRemapperHistogram none).</summary>
    public long? RemapBanksExhausted { get; init; }

    public long? RetiredPagesSingleBit { get; init; }

    public long? RetiredPagesDoubleBit { get; init; }

    public bool? RetiredPagesPending { get; init; }

    /// <summary>Uncorrected errors of the on-chip memories over the board's life (nvmlDeviceGetSramEccErrorStatus).</summary>
    public long? SramUncorrected { get; init; }

    public bool? SramThresholdExceeded { get; init; }

    /// <summary>nvmlDeviceGetRepairStatus, as the one below.</summary>
    public bool? ChannelRepairPending { get; init; }

    public bool? TpcRepairPending { get; init; }

    /// <summary>nvmlDeviceGetUnrepairableMemoryFlag_v1.</summary>
    public bool? MemoryUnrepairable { get; init; }

    /// <summary><c>not started</c>, <c>in progress</c>, <c>completed</c> (nvmlDeviceGetGpuFabricInfoV).</summary>
    public string? FabricState { get; init; }

    /// <summary>What is wrong with the GPU's place in the fabric; empty when nothing is.</summary>
    public string? FabricConditions { get; init; }

    public int? NvLinksUp { get; init; }

    /// <summary>Sums over all links, as the two below.</summary>
    public long? NvLinkReplayErrors { get; init; }

    public long? NvLinkRecoveryErrors { get; init; }

    public long? NvLinkCrcErrors { get; init; }

    public int? ComputeProcesses { get; init; }

    public int? GraphicsProcesses { get; init; }

    /// <summary>GPM metrics 1, 2 and 10 of a MIG instance, Hopper and later.</summary>
    public double? GraphicsEngineActivityPercent { get; init; }

    public double? SmActivityPercent { get; init; }

    public double? DramActivityPercent { get; init; }

    /// <summary>The physical GPU's, on a MIG instance only.</summary>
    public int? ParentTemperatureC { get; init; }

    public double? ParentPowerUsageWatts { get; init; }
}

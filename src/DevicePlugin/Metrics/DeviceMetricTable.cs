using System.Collections.Immutable;
using static DevicePlugin.Metrics.MetricKind;

namespace DevicePlugin.Metrics;

/// <summary>
/// The metrics of a device that have one series each. Those of DCGM have its names and its units; ours begin with
/// <c>nomad_device_gpu_</c>.
/// </summary>
internal static class DeviceMetricTable
{
    public static readonly DeviceMetric Temperature = Dcgm(
        "GPU_TEMP", Gauge, "Temperature of the GPU in degrees Celsius.", x => x.Readings.TemperatureC);

    public static readonly DeviceMetric Power = Dcgm(
        "POWER_USAGE", Gauge, "Power drawn in W.", x => x.Readings.PowerUsageWatts);

    public static readonly ImmutableArray<DeviceMetric> All =
    [
        Dcgm("SM_CLOCK", Gauge, "SM clock in MHz.", x => x.Readings.SmClockMHz),
        Dcgm("MEM_CLOCK", Gauge, "Memory clock in MHz.", x => x.Readings.MemoryClockMHz),
        Dcgm("VIDEO_CLOCK", Gauge, "Video clock in MHz.", x => x.Readings.VideoClockMHz),
        Dcgm("MAX_SM_CLOCK", Gauge, "Highest SM clock in MHz.", x => x.Gpu.Facts.MaxSmClockMHz),
        Dcgm("MAX_MEM_CLOCK", Gauge, "Highest memory clock in MHz.", x => x.Gpu.Facts.MaxMemoryClockMHz),
        Dcgm("CLOCKS_EVENT_REASONS", Gauge, "What holds the clocks down, as NVML's bits.",
            x => x.Readings.ClocksHeldDownBy is { } reasons ? (double)(ulong)reasons : null),
        Dcgm("PSTATE", Gauge, "Performance state, 0 is the fastest.", x => x.Readings.PerformanceState),

        Temperature,
        Dcgm("MEMORY_TEMP", Gauge, "Temperature of the memory in degrees Celsius.", x => x.Readings.MemoryTemperatureC),
        Dcgm("FAN_SPEED", Gauge, "Intended fan speed in percent.", x => x.Readings.FanSpeedPercent),

        Power,
        Dcgm("ENFORCED_POWER_LIMIT", Gauge, "Power limit in force in W.", x => x.Readings.PowerLimitWatts),
        Dcgm("TOTAL_ENERGY_CONSUMPTION", Counter, "Energy used since the driver was loaded, in mJ.",
            x => x.Readings.EnergyJoules * 1000),

        Dcgm("GPU_UTIL", Gauge, "Time in which a kernel ran, in percent.", x => x.Readings.GpuUtilizationPercent),
        Dcgm("MEM_COPY_UTIL", Gauge, "Time in which memory was read or written, in percent.",
            x => x.Readings.MemoryUtilizationPercent),
        Dcgm("ENC_UTIL", Gauge, "Time in which a video encoder worked, in percent.",
            x => x.Readings.EncoderUtilizationPercent),
        Dcgm("DEC_UTIL", Gauge, "Time in which a video decoder worked, in percent.",
            x => x.Readings.DecoderUtilizationPercent),
        Profiled("GR_ENGINE_ACTIVE", "Time in which the graphics engine was busy, from 0 to 1.",
            x => x.Readings.GraphicsEngineActivityPercent),
        Profiled("SM_ACTIVE", "Time in which the SMs were busy, averaged over them, from 0 to 1.",
            x => x.Readings.SmActivityPercent),
        Profiled("DRAM_ACTIVE", "Time in which the memory was read or written, from 0 to 1.",
            x => x.Readings.DramActivityPercent),

        Dcgm("FB_TOTAL", Gauge, "Memory in MiB.", x => x.Readings.MemoryTotalMiB),
        Dcgm("FB_USED", Gauge, "Used memory in MiB, without what the driver keeps for itself.",
            x => x.Readings.MemoryUsedMiB),
        Dcgm("FB_FREE", Gauge, "Free memory in MiB.", x => x.Readings.MemoryFreeMiB),
        Dcgm("FB_RESERVED", Gauge, "Memory that the driver keeps for itself, in MiB.", x => x.Readings.MemoryReservedMiB),
        Dcgm("BAR1_TOTAL", Gauge, "BAR1 in MiB.", x => x.Readings.Bar1TotalMiB),
        Dcgm("BAR1_USED", Gauge, "Used BAR1 in MiB.", x => x.Readings.Bar1UsedMiB),

        Dcgm("PCIE_REPLAY_COUNTER", Counter, "PCIe packets sent again.", x => x.Readings.PcieReplays),
        Dcgm("PCIE_LINK_GEN", Gauge, "PCIe generation in use.", x => x.Readings.PcieGeneration),
        Dcgm("PCIE_LINK_WIDTH", Gauge, "PCIe lanes in use.", x => x.Readings.PcieWidth),

        Dcgm("XID_ERRORS", Gauge, "The last XID since the plugin was started; 0 when there was none.",
            x => x.Xids.Last ?? 0),
        Dcgm("ECC_SBE_VOL_TOTAL", Counter, "Corrected ECC errors since the driver was loaded.",
            x => x.Readings.EccCorrectedVolatile),
        Dcgm("ECC_DBE_VOL_TOTAL", Counter, "Uncorrected ECC errors since the driver was loaded.",
            x => x.Readings.EccUncorrectedVolatile),
        Dcgm("ECC_SBE_AGG_TOTAL", Counter, "Corrected ECC errors over the board's life.",
            x => x.Readings.EccCorrectedAggregate),
        Dcgm("ECC_DBE_AGG_TOTAL", Counter, "Uncorrected ECC errors over the board's life.",
            x => x.Readings.EccUncorrectedAggregate),
        Dcgm("RETIRED_SBE", Counter, "Pages retired for repeated single-bit errors.",
            x => x.Readings.RetiredPagesSingleBit),
        Dcgm("RETIRED_DBE", Counter, "Pages retired for a double-bit error.", x => x.Readings.RetiredPagesDoubleBit),
        Dcgm("RETIRED_PENDING", Gauge, "1 when a page retirement waits for a reboot.",
            x => Flag(x.Readings.RetiredPagesPending)),
        Dcgm("CORRECTABLE_REMAPPED_ROWS", Counter, "Rows remapped for corrected errors.",
            x => x.Readings.RemappedRowsCorrected),
        Dcgm("UNCORRECTABLE_REMAPPED_ROWS", Counter, "Rows remapped for uncorrected errors.",
            x => x.Readings.RemappedRowsUncorrected),
        Dcgm("ROW_REMAP_PENDING", Gauge, "1 when a row remap waits for a GPU reset.",
            x => Flag(x.Readings.RowRemapPending)),
        Dcgm("ROW_REMAP_FAILURE", Gauge, "1 when a row could not be remapped.", x => Flag(x.Readings.RowRemapFailed)),
        Dcgm("NVLINK_REPLAY_ERROR_COUNT_TOTAL", Counter, "NVLink replay errors of all links.",
            x => x.Readings.NvLinkReplayErrors),
        Dcgm("NVLINK_RECOVERY_ERROR_COUNT_TOTAL", Counter, "NVLink recovery errors of all links.",
            x => x.Readings.NvLinkRecoveryErrors),
        Dcgm("NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL", Counter, "NVLink CRC errors of all links.",
            x => x.Readings.NvLinkCrcErrors),

        Own("sram_uncorrected_errors", "Uncorrected errors of the on-chip memories over the board's life.",
            x => x.Readings.SramUncorrected),
        Own("sram_threshold_exceeded", "1 when the board has more uncorrected SRAM errors than NVIDIA accepts.",
            x => Flag(x.Readings.SramThresholdExceeded)),
        Own("channel_repair_pending", "1 when the repair of a memory channel waits for a GPU reset.",
            x => Flag(x.Readings.ChannelRepairPending)),
        Own("tpc_repair_pending", "1 when the repair of a TPC waits for a GPU reset.",
            x => Flag(x.Readings.TpcRepairPending)),
        Own("memory_unrepairable", "1 when memory cannot be repaired.", x => Flag(x.Readings.MemoryUnrepairable)),
        Own("fabric_completed", "1 when the registration with the NVLink fabric is completed.",
            x => Flag(x.Readings.FabricState is { } state ? state == "completed" : null)),
        Own("fabric_impaired", "1 when something is wrong with the GPU's place in the NVLink fabric.",
            x => Flag(x.Readings.FabricConditions is { } conditions ? conditions.Length > 0 : null)),
        Own("nvlinks_up", "NVLinks that are up.", x => x.Readings.NvLinksUp),
        Own("compute_processes", "Processes with a compute context.", x => x.Readings.ComputeProcesses),
        Own("healthy", "1 while the device is offered for new tasks, 0 while it is unhealthy.",
            x => x.Health.IsUsable ? 1 : 0),
        Own("health_since_timestamp_seconds", "When the cause of bad health was first seen, as Unix time.",
            x => x.Health.Since is { } since ? since.ToUnixTimeMilliseconds() / 1000.0 : null),
        Own("health_occurrences", "How often the cause of bad health has occurred since it was first seen.",
            x => x.Occurrences?.Count),
        Own("health_held_until_timestamp_seconds", "Until when a cause that is over is held, because it kept coming back.",
            x => x.Health.HeldUntil is { } until ? until.ToUnixTimeMilliseconds() / 1000.0 : null),
        Own("replicas", "How many times Nomad is offered the device.", x => x.Replicas),
    ];

    private static DeviceMetric Dcgm(string name, MetricKind kind, string help, Func<DeviceReading, double?> read) =>
        new(new MetricDefinition($"DCGM_FI_DEV_{name}", kind, help, DeviceLabels.Names), read);

    private static DeviceMetric Profiled(string name, string help, Func<DeviceReading, double?> readPercent) => new(
        new MetricDefinition($"DCGM_FI_PROF_{name}", Gauge, help, DeviceLabels.Names), x => readPercent(x) / 100);

    private static DeviceMetric Own(string name, string help, Func<DeviceReading, double?> read) =>
        new(new MetricDefinition($"nomad_device_gpu_{name}", Gauge, help, DeviceLabels.Names), read);

    private static double? Flag(bool? value) => value is { } known ? known ? 1 : 0 : null;
}

using System.Collections.Immutable;
using static DevicePlugin.Gpu.Plausibility.Bounds;

namespace DevicePlugin.Gpu.Plausibility;

/// <summary>The range of every reading that is a number.</summary>
internal static class ReadingRanges
{
    public static readonly ImmutableArray<ValueRange<GpuReadings>> All =
    [
        Range("memory total", "MiB", 0, MostMemoryMiB, x => x.MemoryTotalMiB, x => x with { MemoryTotalMiB = null }),
        Range(
            "memory used", "MiB", 0, MostMemoryMiB, x => x.MemoryUsedMiB,
            x => x with { MemoryUsedMiB = null }) with { WholeName = "memory total", Whole = x => x.MemoryTotalMiB },
        Range(
            "memory reserved", "MiB", 0, MostMemoryMiB, x => x.MemoryReservedMiB,
            x => x with { MemoryReservedMiB = null }) with { WholeName = "memory total", Whole = x => x.MemoryTotalMiB },
        Range(
            "memory free", "MiB", 0, MostMemoryMiB, x => x.MemoryFreeMiB,
            x => x with { MemoryFreeMiB = null }) with { WholeName = "memory total", Whole = x => x.MemoryTotalMiB },
        Range("BAR1 total", "MiB", 0, MostMemoryMiB, x => x.Bar1TotalMiB, x => x with { Bar1TotalMiB = null }),
        Range(
            "BAR1 used", "MiB", 0, MostMemoryMiB, x => x.Bar1UsedMiB,
            x => x with { Bar1UsedMiB = null }) with { WholeName = "BAR1 total", Whole = x => x.Bar1TotalMiB },
        Range("power usage", "W", 0, MostWatts, x => x.PowerUsageWatts, x => x with { PowerUsageWatts = null }),
        Range("enforced power limit", "W", 0, MostWatts, x => x.PowerLimitWatts, x => x with { PowerLimitWatts = null }),
        Range("energy", "J", 0, MostCount, x => x.EnergyJoules, x => x with { EnergyJoules = null }) with { IsCounter = true },
        Range("GPU utilization", "%", 0, 100, x => x.GpuUtilizationPercent, x => x with { GpuUtilizationPercent = null }),
        Range(
            "memory utilization", "%", 0, 100, x => x.MemoryUtilizationPercent,
            x => x with { MemoryUtilizationPercent = null }),
        Range(
            "encoder utilization", "%", 0, 100, x => x.EncoderUtilizationPercent,
            x => x with { EncoderUtilizationPercent = null }),
        Range(
            "decoder utilization", "%", 0, 100, x => x.DecoderUtilizationPercent,
            x => x with { DecoderUtilizationPercent = null }),
        Range("JPEG utilization", "%", 0, 100, x => x.JpegUtilizationPercent, x => x with { JpegUtilizationPercent = null }),
        Range("OFA utilization", "%", 0, 100, x => x.OfaUtilizationPercent, x => x with { OfaUtilizationPercent = null }),
        Range("temperature", "C", LeastCelsius, MostCelsius, x => x.TemperatureC, x => x with { TemperatureC = null }),
        Range(
            "memory temperature", "C", LeastCelsius, MostCelsius, x => x.MemoryTemperatureC,
            x => x with { MemoryTemperatureC = null }),
        Range("thermal margin", "C", -MostCelsius, MostCelsius, x => x.ThermalMarginC, x => x with { ThermalMarginC = null }),
        Range("fan speed", "%", 0, MostFanPercent, x => x.FanSpeedPercent, x => x with { FanSpeedPercent = null }),
        Range("graphics clock", "MHz", 0, MostMegahertz, x => x.GraphicsClockMHz, x => x with { GraphicsClockMHz = null }),
        Range("SM clock", "MHz", 0, MostMegahertz, x => x.SmClockMHz, x => x with { SmClockMHz = null }),
        Range("memory clock", "MHz", 0, MostMegahertz, x => x.MemoryClockMHz, x => x with { MemoryClockMHz = null }),
        Range("video clock", "MHz", 0, MostMegahertz, x => x.VideoClockMHz, x => x with { VideoClockMHz = null }),
        Range(
            "clock event reasons", "", 0, MostReasons, x => (double?)(ulong?)x.ClocksHeldDownBy,
            x => x with { ClocksHeldDownBy = null }),
        Range("performance state", "", 0, 15, x => x.PerformanceState, x => x with { PerformanceState = null }),
        Range("PCIe generation", "", 0, MostPcieGeneration, x => x.PcieGeneration, x => x with { PcieGeneration = null }),
        Range("PCIe width", "", 0, MostPcieWidth, x => x.PcieWidth, x => x with { PcieWidth = null }),
        Range("PCIe replays", "", 0, MostCount, x => x.PcieReplays, x => x with { PcieReplays = null }) with { IsCounter = true },
        Range(
            "ECC L1 errors", "", 0, MostCount, x => x.EccL1Corrected,
            x => x with { EccL1Corrected = null }) with { IsCounter = true },
        Range(
            "ECC L2 errors", "", 0, MostCount, x => x.EccL2Corrected,
            x => x with { EccL2Corrected = null }) with { IsCounter = true },
        Range(
            "ECC memory errors", "", 0, MostCount, x => x.EccMemoryCorrected,
            x => x with { EccMemoryCorrected = null }) with { IsCounter = true },
        Range(
            "ECC corrected volatile", "", 0, MostCount, x => x.EccCorrectedVolatile,
            x => x with { EccCorrectedVolatile = null }) with { IsCounter = true },
        Range(
            "ECC corrected aggregate", "", 0, MostCount, x => x.EccCorrectedAggregate,
            x => x with { EccCorrectedAggregate = null }) with { IsCounter = true },
        Range(
            "ECC uncorrected volatile", "", 0, MostCount, x => x.EccUncorrectedVolatile,
            x => x with { EccUncorrectedVolatile = null }) with { IsCounter = true },
        Range(
            "ECC uncorrected aggregate", "", 0, MostCount, x => x.EccUncorrectedAggregate,
            x => x with { EccUncorrectedAggregate = null }) with { IsCounter = true },
        Range(
            "SRAM uncorrected", "", 0, MostCount, x => x.SramUncorrected,
            x => x with { SramUncorrected = null }) with { IsCounter = true },
        Range(
            "remapped rows, corrected", "", 0, MostParts, x => x.RemappedRowsCorrected,
            x => x with { RemappedRowsCorrected = null }) with { IsCounter = true },
        Range(
            "remapped rows, uncorrected", "", 0, MostParts, x => x.RemappedRowsUncorrected,
            x => x with { RemappedRowsUncorrected = null }) with { IsCounter = true },
        Range(
            "banks without a spare row", "", 0, MostParts, x => x.RemapBanksExhausted,
            x => x with { RemapBanksExhausted = null }),
        Range(
            "retired pages, single bit", "", 0, MostParts, x => x.RetiredPagesSingleBit,
            x => x with { RetiredPagesSingleBit = null }) with { IsCounter = true },
        Range(
            "retired pages, double bit", "", 0, MostParts, x => x.RetiredPagesDoubleBit,
            x => x with { RetiredPagesDoubleBit = null }) with { IsCounter = true },
        Range("NVLinks up", "", 0, MostNvLinks, x => x.NvLinksUp, x => x with { NvLinksUp = null }),
        Range(
            "NVLink replay errors", "", 0, MostCount, x => x.NvLinkReplayErrors,
            x => x with { NvLinkReplayErrors = null }) with { IsCounter = true },
        Range(
            "NVLink recovery errors", "", 0, MostCount, x => x.NvLinkRecoveryErrors,
            x => x with { NvLinkRecoveryErrors = null }) with { IsCounter = true },
        Range(
            "NVLink CRC errors", "", 0, MostCount, x => x.NvLinkCrcErrors,
            x => x with { NvLinkCrcErrors = null }) with { IsCounter = true },
        Range("compute processes", "", 0, MostParts, x => x.ComputeProcesses, x => x with { ComputeProcesses = null }),
        Range("graphics processes", "", 0, MostParts, x => x.GraphicsProcesses, x => x with { GraphicsProcesses = null }),
        Range(
            "graphics engine activity", "%", 0, 100, x => x.GraphicsEngineActivityPercent,
            x => x with { GraphicsEngineActivityPercent = null }),
        Range("SM activity", "%", 0, 100, x => x.SmActivityPercent, x => x with { SmActivityPercent = null }),
        Range("DRAM activity", "%", 0, 100, x => x.DramActivityPercent, x => x with { DramActivityPercent = null }),
        Range(
            "temperature of the physical GPU", "C", LeastCelsius, MostCelsius, x => x.ParentTemperatureC,
            x => x with { ParentTemperatureC = null }),
        Range(
            "power usage of the physical GPU", "W", 0, MostWatts, x => x.ParentPowerUsageWatts,
            x => x with { ParentPowerUsageWatts = null }),    ];

    private static ValueRange<GpuReadings> Range(
        string name, string unit, double least, double most, Func<GpuReadings, double?> read,
        Func<GpuReadings, GpuReadings> without) => new(name, unit, least, most, read, without);
}

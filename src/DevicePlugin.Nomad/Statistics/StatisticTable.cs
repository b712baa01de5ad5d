using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu.Health;
using static DevicePlugin.Nomad.Statistics.StatValues;

namespace DevicePlugin.Nomad.Statistics;

/// <summary>
/// Every statistic by name. The first eleven are the official plugin's, with its units and its meaning where its values
/// were right. The others are nested in groups; a group of which a device has nothing is left out for it.
/// </summary>
internal static class StatisticTable
{
    public static readonly StatisticDefinition Memory = new(
        "", "Memory state", "MiB", "Used memory / total memory.",
        x => Ratio(x.Readings.MemoryUsedMiB, x.Readings.MemoryTotalMiB));

    public static readonly ImmutableArray<StatisticDefinition> All =
    [
        Memory,
        new("", "Power usage", "W", "Power drawn by the board / enforced power limit.",
            x => Ratio(x.Readings.PowerUsageWatts, x.Readings.PowerLimitWatts)),
        new("", "GPU utilization", "%", "Time in which a kernel ran, in the last sample period.",
            x => Number(x.Readings.GpuUtilizationPercent)),
        new("", "Memory utilization", "%", "Time in which memory was read or written, in the last sample period.",
            x => Number(x.Readings.MemoryUtilizationPercent)),
        new("", "Encoder utilization", "%", "Time in which a video encoder worked, in the last sample period.",
            x => Number(x.Readings.EncoderUtilizationPercent)),
        new("", "Decoder utilization", "%", "Time in which a video decoder worked, in the last sample period.",
            x => Number(x.Readings.DecoderUtilizationPercent)),
        new("", "Temperature", "C", "Temperature of the GPU.", x => Number(x.Readings.TemperatureC)),
        new("", "BAR1 buffer state", "MiB", "Used BAR1 / total BAR1.",
            x => Ratio(x.Readings.Bar1UsedMiB, x.Readings.Bar1TotalMiB)),
        new("", "ECC L1 errors", "#", "Corrected errors in the L1 caches since the driver was loaded.",
            x => Number(x.Readings.EccL1Corrected)),
        new("", "ECC L2 errors", "#", "Corrected errors in the L2 cache since the driver was loaded.",
            x => Number(x.Readings.EccL2Corrected)),
        new("", "ECC memory errors", "#", "Corrected errors in device memory since the driver was loaded.",
            x => Number(x.Readings.EccMemoryCorrected)),

        new("Clocks", "Graphics", "MHz", "Graphics clock / its maximum.",
            x => Ratio(x.Readings.GraphicsClockMHz, x.Facts.MaxGraphicsClockMHz)),
        new("Clocks", "SM", "MHz", "SM clock / its maximum.",
            x => Ratio(x.Readings.SmClockMHz, x.Facts.MaxSmClockMHz)),
        new("Clocks", "Memory", "MHz", "Memory clock / its maximum.",
            x => Ratio(x.Readings.MemoryClockMHz, x.Facts.MaxMemoryClockMHz)),
        new("Clocks", "Video", "MHz", "Video clock / its maximum.",
            x => Ratio(x.Readings.VideoClockMHz, x.Facts.MaxVideoClockMHz)),
        new("Clocks", "Event reasons", "", "What keeps the clocks below their maximum.",
            x => Text(ClockEventWords.Of(x.Readings.ClocksHeldDownBy))),
        new("Clocks", "Performance state", "", "P0 is the fastest.",
            x => Text(x.Readings.PerformanceState is { } state ? $"P{state}" : null)),
        new("Energy", "Total", "J", "Energy used since the driver was loaded.", x => Rounded(x.Readings.EnergyJoules)),
        new("Engines", "JPEG utilization", "%", "Time in which a JPEG engine worked.",
            x => Number(x.Readings.JpegUtilizationPercent)),
        new("Engines", "OFA utilization", "%", "Time in which the optical flow engine worked.",
            x => Number(x.Readings.OfaUtilizationPercent)),
        new("Memory", "Reserved", "MiB", "Memory the driver keeps for itself.", x => Number(x.Readings.MemoryReservedMiB)),
        new("Memory", "Free", "MiB", "Memory that can be allocated.", x => Number(x.Readings.MemoryFreeMiB)),
        new("Thermal", "Memory temperature", "C", "Temperature of the memory.",
            x => Number(x.Readings.MemoryTemperatureC)),
        new("Thermal", "Margin", "C", "Degrees left before the clocks are lowered.",
            x => Number(x.Readings.ThermalMarginC)),
        new("Thermal", "Fan speed", "%", "Intended fan speed.", x => Number(x.Readings.FanSpeedPercent)),
        new("PCIe", "Generation", "#", "Current PCIe generation / highest.",
            x => Ratio(x.Readings.PcieGeneration, x.Facts.PcieMaxGeneration)),
        new("PCIe", "Width", "#", "Current PCIe lanes / most.",
            x => Ratio(x.Readings.PcieWidth, x.Facts.PcieMaxWidth)),
        new("PCIe", "Replays", "#", "PCIe packets sent again.", x => Number(x.Readings.PcieReplays)),
        new("ECC", "Corrected volatile", "#", "Corrected errors since the driver was loaded.",
            x => Number(x.Readings.EccCorrectedVolatile)),
        new("ECC", "Corrected aggregate", "#", "Corrected errors over the board's life.",
            x => Number(x.Readings.EccCorrectedAggregate)),
        new("ECC", "Uncorrected volatile", "#", "Uncorrected errors since the driver was loaded.",
            x => Number(x.Readings.EccUncorrectedVolatile)),
        new("ECC", "Uncorrected aggregate", "#", "Uncorrected errors over the board's life.",
            x => Number(x.Readings.EccUncorrectedAggregate)),
        new("ECC", "SRAM uncorrected", "#", "Uncorrected errors of the on-chip memories over the board's life.",
            x => Number(x.Readings.SramUncorrected)),
        new("ECC", "SRAM threshold exceeded", "", "The board has more uncorrected SRAM errors than NVIDIA accepts: replace it.",
            x => Flag(x.Readings.SramThresholdExceeded)),
        new("Repair", "Channel pending", "", "The repair of a memory channel waits for a GPU reset.",
            x => Flag(x.Readings.ChannelRepairPending)),
        new("Repair", "TPC pending", "", "The repair of a TPC waits for a GPU reset.",
            x => Flag(x.Readings.TpcRepairPending)),
        new("Repair", "Memory unrepairable", "", "Memory cannot be repaired: replace the board.",
            x => Flag(x.Readings.MemoryUnrepairable)),
        new("Row remap", "Corrected", "#", "Rows remapped for corrected errors.",
            x => Number(x.Readings.RemappedRowsCorrected)),
        new("Row remap", "Uncorrected", "#", "Rows remapped for uncorrected errors.",
            x => Number(x.Readings.RemappedRowsUncorrected)),
        new("Row remap", "Pending", "", "A remap waits for a GPU reset.", x => Flag(x.Readings.RowRemapPending)),
        new("Row remap", "Failed", "", "A row could not be remapped: replace the board.",
            x => Flag(x.Readings.RowRemapFailed)),
        new("Row remap", "Banks exhausted", "#", "Banks without a spare row.", x => Number(x.Readings.RemapBanksExhausted)),
        new("Retired pages", "Single bit", "#", "Pages retired for repeated single-bit errors.",
            x => Number(x.Readings.RetiredPagesSingleBit)),
        new("Retired pages", "Double bit", "#", "Pages retired for a double-bit error.",
            x => Number(x.Readings.RetiredPagesDoubleBit)),
        new("Retired pages", "Pending", "", "A retirement waits for a reboot.", x => Flag(x.Readings.RetiredPagesPending)),
        new("NVLink", "Links up", "#", "NVLinks that are up / NVLinks.",
            x => Ratio(x.Readings.NvLinksUp, x.Facts.NvLinkCount)),
        new("NVLink", "Replay errors", "#", "Sum over all links.", x => Number(x.Readings.NvLinkReplayErrors)),
        new("NVLink", "Recovery errors", "#", "Sum over all links.", x => Number(x.Readings.NvLinkRecoveryErrors)),
        new("NVLink", "CRC errors", "#", "Sum over all links.", x => Number(x.Readings.NvLinkCrcErrors)),
        new("Fabric", "State", "", "Registration of the GPU with the NVLink fabric.", x => Text(x.Readings.FabricState)),
        new("Fabric", "Conditions", "", "What is wrong with the GPU's place in the fabric.",
            x => Text(x.Readings.FabricConditions is { Length: 0 } ? "none" : x.Readings.FabricConditions)),
        new("Processes", "Compute", "#", "Processes with a compute context.", x => Number(x.Readings.ComputeProcesses)),
        new("Processes", "Graphics", "#", "Processes with a graphics context.",
            x => Number(x.Readings.GraphicsProcesses)),
        new("Health", "State", "", "healthy, unhealthy, unmonitored, or reported: not healthy but still offered.",
            x => Text(HealthStateWord.Of(x.Health.State))),
        new("Health", "Cause", "", "Why it is not healthy.", x => Text(x.Health.Cause is { Length: > 0 } cause ? cause : "none")),
        new("Health", "Cause words", "", "Every cause as a stable word, for programs.", x => Text(Words(x.Health.Labels))),
        new("Health", "Not withheld", "", "Those of them that do not keep tasks off the device.",
            x => Text(Words(x.Health.Labels.Where(label => !label.IsWithheld)))),
        new("Health", "Since", "", "When that was first seen.", x => Text(Time(x.Health.Since))),
        new("Health", "Occurrences", "#", "How often the cause has occurred since it was first seen.",
            x => Number(x.Occurrences?.Count)),
        new("Health", "Last occurrence", "", "When the cause last occurred.", x => Text(Time(x.Occurrences?.Last))),
        new("Health", "Held until", "", "Until when a cause that is over is held, because it kept coming back.",
            x => Text(Time(x.Health.HeldUntil))),
        new("Health", "XIDs", "#", "XID errors of the GPU since the plugin was started.", x => Number(x.Xids.Count)),
        new("Health", "Last XID", "", "Number of the last of them.",
            x => Text(x.Xids.Last is { } xid ? xid.ToString(CultureInfo.InvariantCulture) : "none")),
        new("Health", "XIDs by number", "", "How often each of them came.", x => Text(XidCounts(x.Xids))),
        new("MIG", "Graphics engine activity", "%", "Time in which the instance's engine was busy.",
            x => Number(x.Readings.GraphicsEngineActivityPercent)),
        new("MIG", "SM activity", "%", "Time in which the instance's SMs were busy, averaged over them.",
            x => Number(x.Readings.SmActivityPercent)),
        new("MIG", "DRAM activity", "%", "Time in which the instance's memory was read or written.",
            x => Number(x.Readings.DramActivityPercent)),
        new("Parent", "Temperature", "C", "Temperature of the physical GPU.", x => Number(x.Readings.ParentTemperatureC)),
        new("Parent", "Power usage", "W", "Power drawn by the whole physical GPU.",
            x => Rounded(x.Readings.ParentPowerUsageWatts)),
    ];

    private static string Words(IEnumerable<CauseLabel> labels) =>
        string.Join(", ", labels.Select(label => label.Word).Distinct()) is { Length: > 0 } words ? words : "none";

    private static string XidCounts(XidRecord xids) => xids.ByCode.IsEmpty
        ? "none"
        : string.Join(", ", xids.ByCode.Select(
            count => string.Create(CultureInfo.InvariantCulture, $"{count.Code}: {count.Count}")));

    private static string? Time(DateTimeOffset? time) =>
        time is { } known ? UtcText.Of(known) : null;
}

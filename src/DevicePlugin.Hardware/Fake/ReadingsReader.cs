using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>One sample of a GPU or a MIG instance.</summary>
internal static class ReadingsReader
{
    public static GpuReadings Read(GpuProbe probe, KeyedValues system)
    {
        var readings = ReadMemory(probe, system, ReadErrors(probe, ReadActivity(probe)));
        return FakeConditions.Read(probe).AddTo(FactsReader.HasLinks(probe.Values) ? ReadLinks(probe, readings) : readings);
    }

    public static GpuReadings ReadInstance(GpuProbe probe, KeyedValues instance) => new()
    {
        MemoryUsedMiB = FactsReader.MiB(instance[MigInstanceKeys.MemoryUsedMiB]),
        MemoryTotalMiB = FactsReader.MiB(instance[MigInstanceKeys.MemoryTotalMiB]),
        MemoryReservedMiB = FactsReader.MiB(instance[MigInstanceKeys.MemoryReservedMiB]),
        MemoryFreeMiB = FactsReader.MiB(instance[MigInstanceKeys.MemoryFreeMiB]),
        GraphicsEngineActivityPercent = instance[MigInstanceKeys.GraphicsPercent],
        SmActivityPercent = instance[MigInstanceKeys.SmPercent],
        DramActivityPercent = instance[MigInstanceKeys.DramPercent],
        ParentTemperatureC = (int?)probe.Ask("nvmlDeviceGetTemperature", ThermalKeys.GpuC),
        ParentPowerUsageWatts = probe.Ask("nvmlDeviceGetPowerUsage", PowerKeys.UsageWatts),
    };

    private static GpuReadings ReadMemory(GpuProbe probe, KeyedValues system, GpuReadings readings)
    {
        readings = readings with
        {
            Bar1UsedMiB = FactsReader.MiB(probe.Ask("nvmlDeviceGetBAR1MemoryInfo", Bar1Keys.UsedMiB)),
            Bar1TotalMiB = FactsReader.MiB(probe.Ask("nvmlDeviceGetBAR1MemoryInfo", Bar1Keys.TotalMiB)),
        };
        if (FactsReader.IsUnified(probe))
        {
            var total = system[SystemKeys.MemoryTotalMiB];
            var available = system[SystemKeys.MemoryAvailableMiB];
            return readings with
            {
                MemoryTotalMiB = FactsReader.MiB(total),
                MemoryFreeMiB = FactsReader.MiB(available),
                MemoryUsedMiB = FactsReader.MiB(total - available),
            };
        }

        return readings with
        {
            MemoryUsedMiB = FactsReader.MiB(probe.Ask("nvmlDeviceGetMemoryInfo", MemoryKeys.UsedMiB)),
            MemoryTotalMiB = FactsReader.MiB(probe.Ask("nvmlDeviceGetMemoryInfo", MemoryKeys.TotalMiB)),
            MemoryReservedMiB = ReadReserved(probe),
            MemoryFreeMiB = FactsReader.MiB(probe.Ask("nvmlDeviceGetMemoryInfo", MemoryKeys.FreeMiB)),
        };
    }

    // Version 2 of the function came with branch 510, and its structure cannot leave a value out.
    private static long? ReadReserved(GpuProbe probe) =>
        probe.DriverBranch >= 510 && probe.Values.Has(MemoryKeys.TotalMiB) && probe.Answers("nvmlDeviceGetMemoryInfo_v2")
            ? FactsReader.MiB(probe.Values[MemoryKeys.ReservedMiB]) ?? 0
            : null;

    private static GpuReadings ReadActivity(GpuProbe probe) => new()
    {
        PowerUsageWatts = probe.Ask("nvmlDeviceGetPowerUsage", PowerKeys.UsageWatts),
        PowerLimitWatts = probe.Ask("nvmlDeviceGetEnforcedPowerLimit", PowerKeys.LimitWatts),
        EnergyJoules = probe.Ask("nvmlDeviceGetTotalEnergyConsumption", PowerKeys.EnergyJoules),
        GpuUtilizationPercent = (int?)probe.Ask("nvmlDeviceGetUtilizationRates", UtilizationKeys.GpuPercent),
        MemoryUtilizationPercent = (int?)probe.Ask("nvmlDeviceGetUtilizationRates", UtilizationKeys.MemoryPercent),
        EncoderUtilizationPercent =
            (int?)probe.Ask("nvmlDeviceGetEncoderUtilization", UtilizationKeys.EncoderPercent),
        DecoderUtilizationPercent =
            (int?)probe.Ask("nvmlDeviceGetDecoderUtilization", UtilizationKeys.DecoderPercent),
        JpegUtilizationPercent = (int?)probe.Ask("nvmlDeviceGetJpgUtilization", UtilizationKeys.JpegPercent),
        OfaUtilizationPercent = (int?)probe.Ask("nvmlDeviceGetOfaUtilization", UtilizationKeys.OfaPercent),
        TemperatureC = (int?)probe.Ask("nvmlDeviceGetTemperature", ThermalKeys.GpuC),
        MemoryTemperatureC = (int?)probe.AskField(82, ThermalKeys.MemoryC),
        ThermalMarginC = (int?)probe.Ask("nvmlDeviceGetMarginTemperature", ThermalKeys.MarginC),
        FanSpeedPercent = (int?)probe.Ask("nvmlDeviceGetFanSpeed", ThermalKeys.FanPercent),
        GraphicsClockMHz = (int?)probe.Ask("nvmlDeviceGetClockInfo", ClocksKeys.GraphicsMHz),
        SmClockMHz = (int?)probe.Ask("nvmlDeviceGetClockInfo", ClocksKeys.SmMHz),
        MemoryClockMHz = (int?)probe.Ask("nvmlDeviceGetClockInfo", ClocksKeys.MemoryMHz),
        VideoClockMHz = (int?)probe.Ask("nvmlDeviceGetClockInfo", ClocksKeys.VideoMHz),
        ClocksHeldDownBy = probe.Answers("nvmlDeviceGetCurrentClocksEventReasons")
            ? ClockReasons.Of(probe.Values[ClocksKeys.EventReasons])
            : null,
        PerformanceState = (int?)probe.Ask("nvmlDeviceGetPerformanceState", ClocksKeys.PerformanceState),
        PcieGeneration = (int?)probe.Ask("nvmlDeviceGetCurrPcieLinkGeneration", PciKeys.Generation),
        PcieWidth = (int?)probe.Ask("nvmlDeviceGetCurrPcieLinkWidth", PciKeys.Width),
        PcieReplays = probe.Ask("nvmlDeviceGetPcieReplayCounter", PciKeys.Replays),
        ComputeProcesses = probe.Answers("nvmlDeviceGetComputeRunningProcesses")
            ? probe.Values[ProcessesKeys.Compute]?.Length
            : null,
        GraphicsProcesses = probe.Answers("nvmlDeviceGetGraphicsRunningProcesses")
            ? probe.Values[ProcessesKeys.Graphics]?.Length
            : null,
    };

    private static GpuReadings ReadErrors(GpuProbe probe, GpuReadings readings) => readings with
    {
        EccL1Corrected = probe.Ask("nvmlDeviceGetMemoryErrorCounter", EccKeys.L1CorrectedVolatile),
        EccL2Corrected = probe.Ask("nvmlDeviceGetMemoryErrorCounter", EccKeys.L2CorrectedVolatile),
        EccMemoryCorrected = probe.Ask("nvmlDeviceGetMemoryErrorCounter", EccKeys.DramCorrectedVolatile),
        EccCorrectedVolatile = probe.Ask("nvmlDeviceGetTotalEccErrors", EccKeys.CorrectedVolatile),
        EccCorrectedAggregate = probe.Ask("nvmlDeviceGetTotalEccErrors", EccKeys.CorrectedAggregate),
        EccUncorrectedVolatile = probe.Ask("nvmlDeviceGetTotalEccErrors", EccKeys.UncorrectedVolatile),
        EccUncorrectedAggregate = probe.Ask("nvmlDeviceGetTotalEccErrors", EccKeys.UncorrectedAggregate),
        RemappedRowsCorrected = probe.Ask("nvmlDeviceGetRemappedRows", RemapKeys.Corrected),
        RemappedRowsUncorrected = probe.Ask("nvmlDeviceGetRemappedRows", RemapKeys.Uncorrected),
        RowRemapPending = probe.Ask("nvmlDeviceGetRemappedRows", RemapKeys.Pending),
        RowRemapFailed = probe.Ask("nvmlDeviceGetRemappedRows", RemapKeys.Failed),
        RemapBanksExhausted = probe.Ask("nvmlDeviceGetRowRemapperHistogram", RemapKeys.BanksNone),
        RetiredPagesSingleBit = probe.Ask("nvmlDeviceGetRetiredPages", RetiredPagesKeys.SingleBit),
        RetiredPagesDoubleBit = probe.Ask("nvmlDeviceGetRetiredPages", RetiredPagesKeys.DoubleBit),
        RetiredPagesPending = probe.Ask("nvmlDeviceGetRetiredPagesPendingStatus", RetiredPagesKeys.Pending),
    };

    private static GpuReadings ReadLinks(GpuProbe probe, GpuReadings readings) => readings with
    {
        NvLinksUp = FakeConditions.ReadLinks(probe) is { IsEmpty: false } links ? links.Count(link => link == true) : null,
        NvLinkReplayErrors = probe.Ask("nvmlDeviceGetNvLinkErrorCounter", NvlinkKeys.ReplayErrors),
        NvLinkRecoveryErrors = probe.Ask("nvmlDeviceGetNvLinkErrorCounter", NvlinkKeys.RecoveryErrors),
        NvLinkCrcErrors = probe.Ask("nvmlDeviceGetNvLinkErrorCounter", NvlinkKeys.CrcErrors),
    };
}

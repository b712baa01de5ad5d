using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// The values that may be ten seconds old. Those with a field id travel in the sample's own call, the rest cost a call
/// each.
/// </summary>
internal sealed class SlowReadings(DeviceQuery query, FieldBatch fields)
{
    private const int UnknownPerformanceState = 32;

    private readonly DeviceFunctions _device = query.Api.Device;
    private bool _hasTotals = true;

    public void AddFields(int nvLinks)
    {
        fields.Add(FieldId.EccCorrectedVolatile);
        fields.Add(FieldId.EccUncorrectedVolatile);
        fields.Add(FieldId.EccCorrectedAggregate);
        fields.Add(FieldId.EccUncorrectedAggregate);
        fields.Add(FieldId.RetiredSingleBit);
        fields.Add(FieldId.RetiredDoubleBit);
        fields.Add(FieldId.RetiredPending);
        fields.Add(FieldId.MemoryTemperature);
        fields.Add(FieldId.TotalEnergy);
        fields.Add(FieldId.PcieReplays);
        fields.Add(FieldId.RemappedCorrected);
        fields.Add(FieldId.RemappedUncorrected);
        fields.Add(FieldId.RemapPending);
        fields.Add(FieldId.RemapFailed);
        if (nvLinks == 0)
        {
            return;
        }

        if (_hasTotals)
        {
            fields.Add(FieldId.NvLinkReplayTotal);
            fields.Add(FieldId.NvLinkRecoveryTotal);
            fields.Add(FieldId.NvLinkCrcFlitTotal);
        }

        for (uint link = 0; link < nvLinks; link++)
        {
            fields.Add(FieldId.NvLinkState, link);
            fields.Add(FieldId.NvLinkReplay, link);
            fields.Add(FieldId.NvLinkRecovery, link);
            fields.Add(FieldId.NvLinkCrc, link);
        }
    }

    public GpuReadings Read(GpuReadings readings, int nvLinks)
    {
        var remap = ReadRemap();
        return readings with
        {
            // Drivers before 535 have no field for the limit; a setting need not cost them a call each sample.
            PowerLimitWatts = fields.GetWatts(FieldId.PowerLimit) ?? query.GetWatts(_device.EnforcedPowerLimit),
            EnergyJoules = (fields.Get(FieldId.TotalEnergy) ?? ReadEnergy()) / 1000.0,
            JpegUtilizationPercent = DeviceQuery.ToReading(query.GetPair(_device.JpgUtilization)?.First),
            OfaUtilizationPercent = DeviceQuery.ToReading(query.GetPair(_device.OfaUtilization)?.First),
            MemoryTemperatureC = fields.GetInt(FieldId.MemoryTemperature),
            ThermalMarginC = query.Get(
                _device.MarginTemperature, new MarginTemperature { Version = MarginTemperature.Tag })?.Celsius,
            FanSpeedPercent = query.GetReading(_device.FanSpeed),
            GraphicsClockMHz = query.GetReading(_device.ClockInfo, ClockType.Graphics),
            SmClockMHz = query.GetReading(_device.ClockInfo, ClockType.Sm),
            MemoryClockMHz = query.GetReading(_device.ClockInfo, ClockType.Memory),
            VideoClockMHz = query.GetReading(_device.ClockInfo, ClockType.Video),
            ClocksHeldDownBy = (ClockEventReasons?)query.Get<ulong>(_device.ClocksEventReasons),
            PerformanceState = query.GetReading(_device.PerformanceState) is { } state and not UnknownPerformanceState
                ? state
                : null,
            PcieGeneration = query.GetReading(_device.CurrPcieLinkGeneration),
            PcieWidth = query.GetReading(_device.CurrPcieLinkWidth),
            PcieReplays = fields.Wants(FieldId.PcieReplays)
                ? fields.Get(FieldId.PcieReplays)
                : query.GetInt(_device.PcieReplayCounter),
            EccCorrectedVolatile = ReadEcc(FieldId.EccCorrectedVolatile, 0, 0),
            EccUncorrectedVolatile = ReadEcc(FieldId.EccUncorrectedVolatile, 1, 0),
            EccCorrectedAggregate = ReadEcc(FieldId.EccCorrectedAggregate, 0, 1),
            EccUncorrectedAggregate = ReadEcc(FieldId.EccUncorrectedAggregate, 1, 1),
            RemappedRowsCorrected = remap.Corrected,
            RemappedRowsUncorrected = remap.Uncorrected,
            RowRemapPending = remap.Pending,
            RowRemapFailed = remap.Failed,
            RemapBanksExhausted = query.Get<RowRemapperHistogram>(_device.RowRemapperHistogram)?.None,
            RetiredPagesSingleBit = fields.Get(FieldId.RetiredSingleBit),
            RetiredPagesDoubleBit = fields.Get(FieldId.RetiredDoubleBit),
            RetiredPagesPending = fields.Wants(FieldId.RetiredPending)
                ? fields.GetBool(FieldId.RetiredPending)
                : query.GetBool(_device.RetiredPagesPending),
            NvLinksUp = ReadLinksUp(nvLinks),
            NvLinkReplayErrors = ReadLinkErrors(nvLinks, FieldId.NvLinkReplayTotal, FieldId.NvLinkReplay),
            NvLinkRecoveryErrors = ReadLinkErrors(nvLinks, FieldId.NvLinkRecoveryTotal, FieldId.NvLinkRecovery),
            NvLinkCrcErrors = ReadLinkErrors(nvLinks, FieldId.NvLinkCrcFlitTotal, FieldId.NvLinkCrc),
        };
    }

    private long? ReadEnergy() => fields.Wants(FieldId.TotalEnergy)
        ? null
        : (long?)query.Get<ulong>(_device.TotalEnergyConsumption);

    private long? ReadEcc(uint field, uint errorType, uint counterType)
    {
        var selector = errorType * 2 + counterType;
        var function = _device.TotalEccErrors;
        if (fields.Wants(field) || !query.Plan.Wants(function.Name, selector))
        {
            return fields.Get(field);
        }

        ulong count = 0;
        var result = function.Call(query.Device, errorType, counterType, ref count);
        return query.Plan.Accept(function.Name, result, selector) ? (long)count : null;
    }

    private (long? Corrected, long? Uncorrected, bool? Pending, bool? Failed) ReadRemap()
    {
        var function = _device.RemappedRows.Name;
        if (fields.Wants(FieldId.RemappedCorrected) || fields.Wants(FieldId.RemapPending)
            || fields.Wants(FieldId.RemapFailed) || !query.Plan.Wants(function))
        {
            return (fields.Get(FieldId.RemappedCorrected), fields.Get(FieldId.RemappedUncorrected),
                fields.GetBool(FieldId.RemapPending), fields.GetBool(FieldId.RemapFailed));
        }

        Span<uint> rows = stackalloc uint[4];
        return query.Plan.Accept(function, query.Api.GetRemappedRows(query.Device, rows))
            ? (rows[0], rows[1], rows[2] != 0, rows[3] != 0)
            : (null, null, null, null);
    }

    /// <summary>Null when no link says. Where there is no field for it, the last refresh knows.</summary>
    private int? ReadLinksUp(int nvLinks)
    {
        int? up = null;
        for (uint link = 0; link < nvLinks; link++)
        {
            up = fields.Get(FieldId.NvLinkState, link) is { } known ? (up ?? 0) + (known != 0 ? 1 : 0) : up;
        }

        return up;
    }

    /// <summary>The sum over the links; on drivers before 520 the totals, which know twelve links at most.</summary>
    private long? ReadLinkErrors(int nvLinks, uint total, uint perLink)
    {
        if (nvLinks == 0)
        {
            return null;
        }

        long? sum = null;
        for (uint link = 0; link < nvLinks; link++)
        {
            sum = fields.Get(perLink, link) is { } count ? (sum ?? 0) + count : sum;
        }

        _hasTotals &= sum is null;
        return sum ?? fields.Get(total);
    }
}

using System.Collections.Immutable;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

/// <summary>Error correction and what it led to: ecc, remap. Retired pages have field ids.</summary>
internal static class EccCapture
{
    // nvmlMemoryLocation_t, nvmlMemoryErrorType_t and nvmlEccCounterType_t in their order, as the keys spell them.
    private static readonly string[] Locations =
        ["l1", "l2", "dram", "register_file", "texture", "shared", "cbu", "sram"];

    private static readonly string[] ErrorTypes = ["corrected", "uncorrected"];
    private static readonly string[] CounterTypes = ["volatile", "aggregate"];

    private static readonly ImmutableArray<(IntegerKey Key, uint Type, uint Counter)> Totals =
        [.. Counters((type, counter) => $"{type}_{counter}")];

    private static readonly ImmutableArray<(IntegerKey Key, uint Type, uint Counter, uint Location)> ByLocation =
    [
        .. Locations.SelectMany((location, index) => Counters((type, counter) => $"{location}_{type}_{counter}")
            .Select(found => (found.Key, found.Type, found.Counter, (uint)index))),
    ];

    public static void Read(CapturedValues values)
    {
        var query = values.Query;
        var device = query.Api.Device;
        var mode = query.GetPair(device.EccMode);
        values.Add(EccKeys.Enabled, mode is { } current ? current.First != 0 : null);
        values.Add(EccKeys.EnabledPending, mode is { } pending ? pending.Second != 0 : null);
        values.AddFlag(EccKeys.DefaultEnabled, query.Api.Record.DefaultEccMode);
        foreach (var (key, type, counter) in Totals)
        {
            ulong count = 0;
            var result = device.TotalEccErrors.Call(query.Device, type, counter, ref count);
            values.Add(key, query.Plan.Accept(device.TotalEccErrors.Name, result, type) ? (long)count : null);
        }

        foreach (var (key, type, counter, location) in ByLocation)
        {
            ulong count = 0;
            var result = device.MemoryErrorCounter.Call(query.Device, type, counter, location, ref count);
            values.Add(key, query.Plan.Accept(device.MemoryErrorCounter.Name, result, location) ? (long)count : null);
        }

        ReadSram(values);
        ReadRepairs(values);
    }

    public static void ReadRemap(CapturedValues values)
    {
        var query = values.Query;
        Span<uint> rows = stackalloc uint[4];
        if (query.Plan.Accept(query.Api.Device.RemappedRows.Name, query.Api.GetRemappedRows(query.Device, rows)))
        {
            values.Add(RemapKeys.Corrected, rows[0]);
            values.Add(RemapKeys.Uncorrected, rows[1]);
            values.Add(RemapKeys.Pending, rows[2] != 0);
            values.Add(RemapKeys.Failed, rows[3] != 0);
        }

        var inactive = query.Get<RemappedRowsInfo>(query.Api.Record.RemappedRows2);
        values.Add(RemapKeys.CorrectedInactive, inactive?.CorrectedInactive);
        values.Add(RemapKeys.UncorrectedInactive, inactive?.UncorrectedInactive);
        var banks = query.Get<RowRemapperHistogram>(query.Api.Device.RowRemapperHistogram);
        values.Add(RemapKeys.BanksMax, banks?.Max);
        values.Add(RemapKeys.BanksHigh, banks?.High);
        values.Add(RemapKeys.BanksPartial, banks?.Partial);
        values.Add(RemapKeys.BanksLow, banks?.Low);
        values.Add(RemapKeys.BanksNone, banks?.None);
    }

    private static void ReadSram(CapturedValues values)
    {
        var query = values.Query;
        var status = query.Get(
            query.Api.Record.SramEccErrorStatus, new SramEccErrorStatus { Version = SramEccErrorStatus.Tag });
        values.Add(EccKeys.SramParityVolatile, (long?)status?.VolatileParity);
        values.Add(EccKeys.SramParityAggregate, (long?)status?.AggregateParity);
        values.Add(EccKeys.SramSecdedVolatile, (long?)status?.VolatileSecDed);
        values.Add(EccKeys.SramSecdedAggregate, (long?)status?.AggregateSecDed);
        values.Add(EccKeys.SramL2Aggregate, (long?)status?.AggregateL2);
        values.Add(EccKeys.SramSmAggregate, (long?)status?.AggregateSm);
        values.Add(EccKeys.SramMicrocontrollerAggregate, (long?)status?.AggregateMicrocontroller);
        values.Add(EccKeys.SramPcieAggregate, (long?)status?.AggregatePcie);
        values.Add(EccKeys.SramOtherAggregate, (long?)status?.AggregateOther);
        values.Add(EccKeys.SramThresholdExceeded, status is { } known ? known.ThresholdExceeded != 0 : null);
    }

    private static void ReadRepairs(CapturedValues values)
    {
        var query = values.Query;
        var record = query.Api.Record;
        var repairs = query.Get(record.RepairStatus, new RepairStatus { Version = RepairStatus.Tag });
        values.Add(EccKeys.ChannelRepairPending, repairs is { } channel ? channel.ChannelRepairPending != 0 : null);
        values.Add(EccKeys.TpcRepairPending, repairs is { } tpc ? tpc.TpcRepairPending != 0 : null);
        values.AddFlag(EccKeys.UnrepairableMemory, record.UnrepairableMemoryFlag);
    }

    private static IEnumerable<(IntegerKey Key, uint Type, uint Counter)> Counters(Func<string, string, string> name) =>
        from type in Enumerable.Range(0, ErrorTypes.Length)
        from counter in Enumerable.Range(0, CounterTypes.Length)
        let wanted = name(ErrorTypes[type], CounterTypes[counter])
        select ((IntegerKey)EccKeys.Group.Keys.Single(key => key.Name == wanted), (uint)type, (uint)counter);
}

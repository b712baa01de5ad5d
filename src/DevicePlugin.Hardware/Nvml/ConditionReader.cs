using System.Collections.Immutable;
using DevicePlugin.Hardware.Conditions;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Reads everything that can show a fault, with each refresh. One call brings what has a field id; the rest cost a call
/// each, and only on boards that answer them.
/// </summary>
internal sealed class ConditionReader(DeviceQuery query)
{
    private readonly DeviceFunctions _device = query.Api.Device;
    private readonly RecordFunctions _record = query.Api.Record;
    private readonly FieldBatch _fields = new(query);

    /// <summary>What the fields said of modes. Null as well where the driver does not know the field.</summary>
    public bool? Ecc { get; private set; }

    public double? PowerLimitWatts { get; private set; }

    public bool KnowsPowerLimit => _fields.Wants(FieldId.PowerRequestedLimit);

    public void Forget() => _fields.Forget();

    /// <param name="links">How many NVLinks answer, up or down.</param>
    /// <param name="isMigOn">As <see cref="GpuConditions.IsMigOn"/>.</param>
    /// <param name="inforomCorrupt">Found when the identity was read: the check takes too long to repeat it.</param>
    /// <exception cref="NvmlException">The GPU does not answer, or the driver is lost.</exception>
    public GpuConditions Read(int links, bool isMigOn, bool? inforomCorrupt)
    {
        ReadFields(links);
        var rows = ReadRows();
        var repairs = query.Get(_record.RepairStatus, new RepairStatus { Version = RepairStatus.Tag });
        return new GpuConditions
        {
            RecoveryAction = _fields.Get(FieldId.RecoveryAction),
            RemapPending = rows.Pending,
            RemapFailed = rows.Failed,
            RetirementPending = _fields.Wants(FieldId.RetiredPending)
                ? _fields.GetBool(FieldId.RetiredPending)
                : query.GetBool(_device.RetiredPagesPending),
            InforomCorrupt = inforomCorrupt,
            UncorrectedErrors = _fields.Wants(FieldId.EccUncorrectedVolatile)
                ? _fields.Get(FieldId.EccUncorrectedVolatile)
                : ReadUncorrected(),
            Sram = ReadSram(),
            ChannelRepairPending = repairs is { } channel ? channel.ChannelRepairPending != 0 : null,
            TpcRepairPending = repairs is { } tpc ? tpc.TpcRepairPending != 0 : null,
            MemoryUnrepairable = query.GetBool(_record.UnrepairableMemoryFlag),
            Fabric = ReadFabric(),
            Links = ReadLinks(links),
            IsMigOn = isMigOn,
        };
    }

    private void ReadFields(int links)
    {
        _fields.Clear();
        _fields.Add(FieldId.EccCurrent);
        _fields.Add(FieldId.EccUncorrectedVolatile);
        _fields.Add(FieldId.RetiredPending);
        _fields.Add(FieldId.RemapPending);
        _fields.Add(FieldId.RemapFailed);
        _fields.Add(FieldId.PowerRequestedLimit);
        _fields.Add(FieldId.RecoveryAction);
        for (uint link = 0; link < links; link++)
        {
            _fields.Add(FieldId.NvLinkState, link);
        }

        var result = _fields.Read();
        if (result != NvmlReturn.Success && !_fields.IsRefused)
        {
            // The one call that every GPU answers: if it fails, nothing shows that the device works.
            throw new NvmlException(FieldBatch.Function, result);
        }

        Ecc = _fields.GetBool(FieldId.EccCurrent);
        PowerLimitWatts = _fields.GetWatts(FieldId.PowerRequestedLimit);
    }

    private (bool? Pending, bool? Failed) ReadRows()
    {
        var function = _device.RemappedRows.Name;
        var (pending, failed) = (_fields.GetBool(FieldId.RemapPending), _fields.GetBool(FieldId.RemapFailed));
        if (_fields.Wants(FieldId.RemapPending) || _fields.Wants(FieldId.RemapFailed) || !query.Plan.Wants(function))
        {
            return (pending, failed);
        }

        Span<uint> rows = stackalloc uint[4];
        return query.Plan.Accept(function, query.Api.GetRemappedRows(query.Device, rows))
            ? (rows[2] != 0, rows[3] != 0)
            : (null, null);
    }

    private long? ReadUncorrected()
    {
        const uint Uncorrected = 1;
        const uint Volatile = 0;
        ulong count = 0;
        var function = _device.TotalEccErrors;
        return query.Plan.Wants(function.Name, Uncorrected)
            && query.Plan.Accept(
                function.Name, function.Call(query.Device, Uncorrected, Volatile, ref count), Uncorrected)
            ? (long)count
            : null;
    }

    // Only root is answered.
    private SramErrors? ReadSram() =>
        query.Get(_record.SramEccErrorStatus, new SramEccErrorStatus { Version = SramEccErrorStatus.Tag }) is { } status
            ? new SramErrors((long)(status.AggregateParity + status.AggregateSecDed), status.ThresholdExceeded != 0)
            : null;

    private FabricReading? ReadFabric()
    {
        var function = _device.FabricInfoV.Name;
        return query.Plan.Wants(function)
            && query.Plan.Accept(function, query.Api.GetFabricInfo(query.Device, out var info))
            ? FabricReading.Of(info)
            : null;
    }

    /// <summary>Drivers before 520 have no field for it, and a call for each link instead.</summary>
    private ImmutableArray<bool?> ReadLinks(int links)
    {
        var isUp = ImmutableArray.CreateBuilder<bool?>(links);
        for (uint link = 0; link < links; link++)
        {
            isUp.Add(_fields.Wants(FieldId.NvLinkState, link)
                ? _fields.GetBool(FieldId.NvLinkState, link)
                : query.GetInt(_device.NvLinkState, link) is { } state ? state != 0 : null);
        }

        return isUp.MoveToImmutable();
    }
}

using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Conditions;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Modes, limits and signs of a fault, which a refresh reads again. What can show a fault is read each time; the modes
/// that no field tells take turns, one a refresh, and are all read at once after an event.
/// </summary>
internal sealed class GpuModes
{
    private static readonly ImmutableArray<ModeReading> Readings = [.. Enum.GetValues<ModeReading>()];

    private readonly DeviceQuery _query;
    private readonly DeviceFunctions _device;
    private readonly ConditionReader _conditions;
    private readonly GpuJudge _judge;
    private readonly string _uuid;
    private int _turn;

    private double? _powerLimit;
    private bool? _ecc;
    private bool? _persistence;
    private string? _compute;

    public GpuModes(DeviceQuery query, GpuJudge judge, string uuid)
    {
        _query = query;
        _device = query.Api.Device;
        _conditions = new ConditionReader(query);
        _judge = judge;
        _uuid = uuid;
    }

    public bool? Ecc => _ecc;

    /// <summary>Another board answers where this one was.</summary>
    public bool IdentityLost { get; private set; }

    public GpuConditions Seen => _judge.Seen;

    public ImmutableArray<DeviceFault> Faults => _judge.Faults;

    public string? Notice => _judge.Notice;

    public ulong LinksSeenUp => _judge.LinksSeenUp;

    /// <param name="all">Every mode, at whatever cost; otherwise the one whose turn it is.</param>
    /// <param name="board">What was read once.</param>
    /// <param name="isMigOn">Whether MIG is on.</param>
    public void Read(bool all, GpuBoard board, bool isMigOn)
    {
        if (all)
        {
            _conditions.Forget();
        }

        _judge.See(_conditions.Read(board.Facts.NvLinkCount ?? 0, isMigOn, board.InforomCorrupt));

        // A driver may leave the field untouched while ECC is off; nvmlDeviceGetEccMode then takes its turns.
        _ecc = _conditions.Ecc ?? _ecc;
        _powerLimit = _conditions.KnowsPowerLimit ? _conditions.PowerLimitWatts : _powerLimit;
        for (var tried = 0; tried < Readings.Length; tried++)
        {
            var reading = Readings[_turn];
            _turn = (_turn + 1) % Readings.Length;
            if (Applies(reading))
            {
                Read(reading);
                if (!all)
                {
                    return;
                }
            }
        }
    }

    public GpuFacts Apply(GpuFacts facts) => _judge.Apply(facts) with
    {
        PowerLimitWatts = _powerLimit,
        EccMode = _ecc,
        PersistenceMode = _persistence,
        ComputeMode = _compute,
    };

    /// <summary>With what the last refresh knows that is a statistic too.</summary>
    public GpuReadings AddTo(GpuReadings readings) => Seen.AddTo(readings) with
    {
        NvLinksUp = readings.NvLinksUp ?? Seen.LinksUp,
    };

    private bool Applies(ModeReading reading) => reading switch
    {
        ModeReading.Persistence => Wants(_device.PersistenceMode),
        ModeReading.Compute => Wants(_device.ComputeMode),
        ModeReading.PowerLimit => !_conditions.KnowsPowerLimit && Wants(_device.PowerManagementLimit),
        ModeReading.Ecc => _conditions.Ecc is null && Wants(_device.EccMode),
        _ => true,
    };

    private bool Wants(NativeFunction function) => _query.Plan.Wants(function.Name);

    private void Read(ModeReading reading)
    {
        switch (reading)
        {
            case ModeReading.Persistence:
                _persistence = _query.GetBool(_device.PersistenceMode);
                break;
            case ModeReading.Compute:
                _compute = Words.ComputeMode(_query.Get<uint>(_device.ComputeMode));
                break;
            case ModeReading.Identity:
                ReadIdentity();
                break;
            case ModeReading.PowerLimit:
                _powerLimit = _query.GetWatts(_device.PowerManagementLimit);
                break;
            case ModeReading.Ecc:
                _ecc = _query.GetPair(_device.EccMode) is { } ecc ? ecc.First != 0 : null;
                break;
        }
    }

    private void ReadIdentity()
    {
        var uuid = _query.Api.GetUuid(_query.Device, out var result);
        if (!_query.Plan.Accept(_device.Uuid.Name, result))
        {
            // Not another board's answer, and nothing else is worth much of a GPU that does not say who it is.
            throw new NvmlException(_device.Uuid.Name, result);
        }

        IdentityLost = uuid != _uuid;
    }
}

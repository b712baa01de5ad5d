using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Modes, limits and signs of a fault, which a refresh reads again. A refresh has three calls a GPU, one of which may
/// go to the node's count or to the MIG mode. One call brings every value that has a field id; the others take turns
/// in what is left, so a change of one of them is seen after at most as many refreshes as the GPU answers (four on
/// most), and at once after an event.
/// </summary>
internal sealed class GpuModes
{
    private const ulong StateCompleted = 3;
    private const byte HealthUnhealthy = 2;

    // NVML_GPU_FABRIC_HEALTH_MASK_SHIFT_ROUTE_UNHEALTHY: two bits a condition, 1 is true.
    private const int RouteUnhealthyShift = 4;
    private const uint RouteUnhealthyTrue = 1;

    private static readonly ImmutableArray<ModeReading> Readings = [.. Enum.GetValues<ModeReading>()];

    private readonly DeviceQuery _query;
    private readonly DeviceFunctions _device;
    private readonly FieldBatch _fields;
    private readonly string _uuid;
    private int _turn;
    private bool _fieldsLast;

    private NvLinkWatch _links = new(0);
    private double? _powerLimit;
    private bool? _ecc;
    private bool? _eccByField;
    private bool? _persistence;
    private string? _compute;
    private string? _cluster;
    private int? _clique;
    private string? _fabricProblem;
    private long? _recoveryAction;
    private long? _uncorrected;
    private bool? _remapPending;
    private bool? _remapFailed;
    private bool? _retiredPending;

    public GpuModes(DeviceQuery query, string uuid)
    {
        _query = query;
        _device = query.Api.Device;
        _fields = new FieldBatch(query);
        _uuid = uuid;
    }

    public bool? Ecc => _ecc;

    /// <summary>Another board answers where this one was.</summary>
    public bool IdentityLost { get; private set; }

    /// <summary>Everything, at whatever cost.</summary>
    public void ReadAll(int nvLinks)
    {
        if (_links.Count != nvLinks)
        {
            _links = new NvLinkWatch(nvLinks);
        }

        _fields.Forget();
        ReadFields();
        foreach (var reading in Readings)
        {
            if (Applies(reading))
            {
                Read(reading);
            }
        }
    }

    /// <summary>Spends at most <paramref name="calls"/> NVML calls.</summary>
    public void ReadSome(int calls)
    {
        if (calls <= 0)
        {
            return;
        }

        _fieldsLast = calls > 1 || !_fieldsLast;
        if (_fieldsLast)
        {
            ReadFields();
            calls--;
        }

        for (var tried = 0; calls > 0 && tried < Readings.Length; tried++)
        {
            var reading = Readings[_turn];
            _turn = (_turn + 1) % Readings.Length;
            if (Applies(reading))
            {
                Read(reading);
                calls--;
            }
        }
    }

    public GpuFacts Apply(GpuFacts facts) => facts with
    {
        PowerLimitWatts = _powerLimit,
        EccMode = _ecc,
        PersistenceMode = _persistence,
        ComputeMode = _compute,
        FabricCluster = _cluster,
        FabricClique = _clique,
    };

    /// <summary>Field 230; null where the driver does not know it.</summary>
    public bool? RecoveryNeeded => _recoveryAction is { } action ? action > 0 : null;

    /// <summary>The gravest first. The evidence has no counts: it must not change while the fault lasts.</summary>
    public IEnumerable<DeviceFault> Faults(DeviceFault? inforom)
    {
        if (_recoveryAction is > 0 and var action)
        {
            yield return new DeviceFault(
                DeviceFaultKind.ResetRequired, $"The recovery action (field 230) is {Words.RecoveryAction(action)}.");
        }

        if (_remapFailed == true)
        {
            yield return new DeviceFault(DeviceFaultKind.RemapFailed, "NVML shows a row that could not be remapped.");
        }

        if (inforom is not null)
        {
            yield return inforom;
        }

        if (_uncorrected > 0)
        {
            yield return new DeviceFault(
                DeviceFaultKind.UncorrectableEcc, "NVML counts uncorrected ECC errors since the driver was loaded.");
        }

        if (_remapPending == true || _retiredPending == true)
        {
            var what = _remapPending == true ? "row remapping" : "page retirement";
            yield return new DeviceFault(DeviceFaultKind.RemapPending, $"NVML shows a {what} that waits for a reset.");
        }

        if ((_fabricProblem ?? _links.Problem(_cluster is not null)) is { } problem)
        {
            yield return new DeviceFault(DeviceFaultKind.FabricUnhealthy, problem);
        }
    }

    private bool Applies(ModeReading reading) => reading switch
    {
        ModeReading.Persistence => Wants(_device.PersistenceMode),
        ModeReading.Compute => Wants(_device.ComputeMode),
        ModeReading.Fabric => Wants(_device.FabricInfoV),
        ModeReading.PowerLimit => Without(FieldId.PowerRequestedLimit) && Wants(_device.PowerManagementLimit),
        ModeReading.Ecc => _eccByField is null && Wants(_device.EccMode),
        ModeReading.UncorrectedErrors => Without(FieldId.EccUncorrectedVolatile) && Wants(_device.TotalEccErrors),
        ModeReading.RemappedRows => Without(FieldId.RemapPending) && Wants(_device.RemappedRows),
        ModeReading.RetiredPages => Without(FieldId.RetiredPending) && Wants(_device.RetiredPagesPending),
        _ => true,
    };

    private bool Wants(NativeFunction function) => _query.Plan.Wants(function.Name);

    private bool Without(uint field) => !_fields.Wants(field);

    private void ReadFields()
    {
        _fields.Clear();
        _fields.Add(FieldId.EccCurrent);
        _fields.Add(FieldId.EccUncorrectedVolatile);
        _fields.Add(FieldId.RetiredPending);
        _fields.Add(FieldId.RemapPending);
        _fields.Add(FieldId.RemapFailed);
        _fields.Add(FieldId.PowerRequestedLimit);
        _fields.Add(FieldId.RecoveryAction);
        _links.AddTo(_fields);
        var result = _fields.Read();
        if (result != NvmlReturn.Success && !_fields.IsRefused)
        {
            // The one call that every GPU answers: where it fails, nothing vouches for the device.
            throw new NvmlException(FieldBatch.Function, result);
        }

        // A driver may leave the field untouched while ECC is off; nvmlDeviceGetEccMode then takes its turns.
        _eccByField = _fields.GetBool(FieldId.EccCurrent);
        _ecc = _eccByField ?? _ecc;
        _powerLimit = Without(FieldId.PowerRequestedLimit) ? _powerLimit : _fields.GetWatts(FieldId.PowerRequestedLimit);
        _uncorrected = Without(FieldId.EccUncorrectedVolatile)
            ? _uncorrected
            : _fields.Get(FieldId.EccUncorrectedVolatile);
        _retiredPending = Without(FieldId.RetiredPending) ? _retiredPending : _fields.GetBool(FieldId.RetiredPending);
        _remapPending = Without(FieldId.RemapPending) ? _remapPending : _fields.GetBool(FieldId.RemapPending);
        _remapFailed = Without(FieldId.RemapFailed) ? _remapFailed : _fields.GetBool(FieldId.RemapFailed);
        _recoveryAction = _fields.Get(FieldId.RecoveryAction);
        _links.Update(_fields);
    }

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
            case ModeReading.Fabric:
                ReadFabric();
                break;
            case ModeReading.PowerLimit:
                _powerLimit = _query.GetWatts(_device.PowerManagementLimit);
                break;
            case ModeReading.Ecc:
                _ecc = _query.GetPair(_device.EccMode) is { } ecc ? ecc.First != 0 : null;
                break;
            case ModeReading.UncorrectedErrors:
                _uncorrected = ReadUncorrected();
                break;
            case ModeReading.RemappedRows:
                ReadRemappedRows();
                break;
            case ModeReading.RetiredPages:
                _retiredPending = _query.GetBool(_device.RetiredPagesPending);
                break;
        }
    }

    private void ReadIdentity()
    {
        var uuid = _query.Api.GetUuid(_query.Device, out var result);
        _query.Plan.Accept(_device.Uuid.Name, result);
        IdentityLost = uuid != _uuid;
    }

    private long? ReadUncorrected()
    {
        ulong count = 0;
        var function = _device.TotalEccErrors;
        return _query.Plan.Accept(function.Name, function.Call(_query.Device, 1, 0, ref count)) ? (long)count : null;
    }

    private void ReadRemappedRows()
    {
        Span<uint> rows = stackalloc uint[4];
        var known = _query.Plan.Accept(_device.RemappedRows.Name, _query.Api.GetRemappedRows(_query.Device, rows));
        _remapPending = known ? rows[2] != 0 : null;
        _remapFailed = known ? rows[3] != 0 : null;
    }

    private unsafe void ReadFabric()
    {
        var known = _query.Plan.Accept(
            _device.FabricInfoV.Name, _query.Api.GetFabricInfo(_query.Device, out var info));
        var completed = known && info.State == StateCompleted;
        var joined = completed && info.Status == NvmlReturn.Success;
        _cluster = joined ? new Guid(new ReadOnlySpan<byte>(info.ClusterUuid, 16), bigEndian: true).ToString() : null;
        _clique = joined && info.CliqueId <= int.MaxValue ? (int)info.CliqueId : null;
        _fabricProblem = (completed, joined, info.HealthSummary) switch
        {
            (true, false, _) =>
                $"Joining the NVLink fabric ended with {info.Status.CodeName()} (nvmlDeviceGetGpuFabricInfoV).",
            (true, true, HealthUnhealthy) => "nvmlDeviceGetGpuFabricInfoV shows an unhealthy fabric.",
            (true, true, _) when ((info.HealthMask >> RouteUnhealthyShift) & 3) == RouteUnhealthyTrue =>
                "nvmlDeviceGetGpuFabricInfoV shows an unhealthy route.",
            _ => null,
        };
    }
}

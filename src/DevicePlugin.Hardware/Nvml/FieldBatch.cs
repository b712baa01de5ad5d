using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Several values in one nvmlDeviceGetFieldValues. Kept by its owner and filled again for each read, so that a sample
/// allocates nothing; remembers per value what is not supported.
/// </summary>
internal sealed class FieldBatch(DeviceQuery query)
{
    private readonly HashSet<(uint Field, uint Scope)> _unsupported = [];
    private FieldValue[] _values = new FieldValue[64];
    private int _count;
    private bool _refused;

    /// <summary>The driver does not know the call, or not for this device.</summary>
    public bool IsRefused => _refused;

    public static string Function => "nvmlDeviceGetFieldValues";

    public void Clear() => _count = 0;

    public void Forget()
    {
        _unsupported.Clear();
        _refused = false;
    }

    public bool Wants(uint field, uint scope = 0) => !_refused && !_unsupported.Contains((field, scope));

    public void Add(uint field, uint scope = 0)
    {
        if (!Wants(field, scope))
        {
            return;
        }

        if (_count == _values.Length)
        {
            Array.Resize(ref _values, _values.Length * 2);
        }

        // The answer is preset because a driver may leave an entry untouched (ECC fields with ECC off; DCGM works
        // around it too): NO_DATA is then what it says.
        _values[_count++] = new FieldValue
        {
            FieldId = field,
            ScopeId = scope,
            ValueType = FieldValueType.UnsignedLongLong,
            Result = NvmlReturn.NoData,
        };
    }

    /// <summary>
    /// Asks for what was added. Returns what the call itself answered, success when nothing was to be asked.
    /// </summary>
    public NvmlReturn Read()
    {
        if (_count == 0)
        {
            return NvmlReturn.Success;
        }

        var result = query.Api.GetFieldValues(query.Device, _values.AsSpan(0, _count));
        if (result != NvmlReturn.Success)
        {
            _count = 0;
            _refused = (result.IsUnsupported() && result != NvmlReturn.NoPermission)
                || result == NvmlReturn.InvalidArgument;
            return result.Fault() is null && !result.IsDriverLoss()
                ? result
                : throw new NvmlException(Function, result);
        }

        foreach (ref readonly var value in _values.AsSpan(0, _count))
        {
            // An id newer than the driver is an invalid argument.
            if (value.Result.IsUnsupported() || value.Result == NvmlReturn.InvalidArgument)
            {
                _unsupported.Add((value.FieldId, value.ScopeId));
            }
            else
            {
                // Fails for the codes that mean more than a value that did not come.
                query.Plan.Accept(Function, value.Result, value.FieldId);
            }
        }

        return result;
    }

    /// <summary>Null when it was not asked for, is not supported or did not come.</summary>
    public long? Get(uint field, uint scope = 0)
    {
        foreach (ref readonly var value in _values.AsSpan(0, _count))
        {
            if (value.FieldId == field && value.ScopeId == scope)
            {
                return value.Result == NvmlReturn.Success ? Number(value) : null;
            }
        }

        return null;
    }

    public int? GetInt(uint field, uint scope = 0) =>
        Get(field, scope) is { } value ? (int)Math.Clamp(value, int.MinValue, int.MaxValue) : null;

    public bool? GetBool(uint field, uint scope = 0) => Get(field, scope) is { } value ? value != 0 : null;

    public double? GetWatts(uint field) => Get(field) / 1000.0;

    internal static long? Number(in FieldValue value)
    {
        // ECC counters are unsigned long long, but drivers do not always say so (DCGM's second workaround).
        var type = value.FieldId <= FieldId.LastEcc && value.ValueType == FieldValueType.Double
            ? FieldValueType.UnsignedLongLong
            : value.ValueType;
        return type switch
        {
            FieldValueType.Double => BitConverter.UInt64BitsToDouble(value.Value) is var number
                && double.IsFinite(number) && Math.Abs(number) < long.MaxValue ? (long)number : null,
            // NVML writes all ones for "not available": as a flag that would be true, as an action the gravest.
            FieldValueType.UnsignedInt => (uint)value.Value is var number and not uint.MaxValue ? number : null,
            // unsigned long has four bytes on Windows.
            FieldValueType.UnsignedLong when OperatingSystem.IsWindows() => (uint)value.Value,
            FieldValueType.SignedInt => (int)value.Value,
            FieldValueType.UnsignedShort => (ushort)value.Value,
            FieldValueType.SignedLongLong => (long)value.Value,
            FieldValueType.UnsignedLong or FieldValueType.UnsignedLongLong =>
                value.Value <= long.MaxValue ? (long)value.Value : null,
            _ => null,
        };
    }
}

using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

/// <summary>A library whose functions are a test's own: what is not given is missing, as in an older driver.</summary>
internal sealed class ScriptedNvml
{
    public const nint Gpu = 0x100;

    // The library under test has only their addresses, which do not keep them from being collected.
    private static readonly ConcurrentBag<Delegate> Kept = [];

    private readonly Dictionary<string, Delegate> _functions = [];

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate NvmlReturn PointerCall(nint pointer);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate NvmlReturn DeviceCall(nint device, nint pointer);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate NvmlReturn PairCall(nint device, nint first, nint second);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate NvmlReturn SelectorCall(nint device, uint selector, nint pointer);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate NvmlReturn EccCall(nint device, uint errorType, uint counterType, nint pointer);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate NvmlReturn FieldsCall(nint device, int count, nint values);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate NvmlReturn TextCall(nint device, nint buffer, uint length);

    /// <summary>The functions that were called, with a device and a selector where they have one.</summary>
    public List<string> Calls { get; } = [];

    public Delegate this[string function]
    {
        set
        {
            _functions[function] = value;
            Kept.Add(value);
        }
    }

    /// <summary>For a query of the GPU that has asked nothing yet.</summary>
    public DeviceQuery Query() => new(Load(), Gpu, new CallPlan());

    public NvmlApi Load() => new(
        name => _functions.TryGetValue(name, out var function) ? Marshal.GetFunctionPointerForDelegate(function) : 0,
        null, new LibraryGate());

    public void Number(string function, uint value) => this[function] = new DeviceCall((_, pointer) => Answer(pointer, value));

    public void Number(string function, ulong value) => this[function] = new DeviceCall((_, pointer) => Answer(pointer, value));

    public void Refuse(string function, NvmlReturn answer) => this[function] = new DeviceCall((_, _) => Called(function, answer));

    public void Text(string function, Func<nint, string?> textOf) => this[function] = new TextCall((device, buffer, length) =>
    {
        if (textOf(device) is not { } text)
        {
            return NvmlReturn.NotFound;
        }

        var bytes = System.Text.Encoding.ASCII.GetBytes(text + "\0");
        Marshal.Copy(bytes, 0, buffer, Math.Min(bytes.Length, (int)length));
        return NvmlReturn.Success;
    });

    /// <summary>Lets the field values be what <paramref name="answer"/> makes of each entry; null leaves it untouched.</summary>
    /// <param name="answer">Of a field and its scope.</param>
    /// <param name="call">What the call itself answers after it has written the entries; null: success.</param>
    public void Fields(Func<uint, uint, (NvmlReturn Result, ulong Value)?> answer, Func<NvmlReturn>? call = null) =>
        this["nvmlDeviceGetFieldValues"] = new FieldsCall((_, count, values) =>
        {
            Calls.Add($"fields {count}");
            var size = Marshal.SizeOf<FieldValue>();
            for (var i = 0; i < count; i++)
            {
                var entry = Marshal.PtrToStructure<FieldValue>(values + (i * size));
                if (answer(entry.FieldId, entry.ScopeId) is var (result, value))
                {
                    entry.Result = result;
                    entry.ValueType = FieldValueType.UnsignedLongLong;
                    entry.Value = value;
                    Marshal.StructureToPtr(entry, values + (i * size), fDeleteOld: false);
                }
            }

            return call?.Invoke() ?? NvmlReturn.Success;
        });

    public static NvmlReturn Answer(nint pointer, uint value)
    {
        Marshal.WriteInt32(pointer, unchecked((int)value));
        return NvmlReturn.Success;
    }

    public static NvmlReturn Answer(nint pointer, ulong value)
    {
        Marshal.WriteInt64(pointer, unchecked((long)value));
        return NvmlReturn.Success;
    }

    private NvmlReturn Called(string call, NvmlReturn answer)
    {
        Calls.Add(call);
        return answer;
    }
}

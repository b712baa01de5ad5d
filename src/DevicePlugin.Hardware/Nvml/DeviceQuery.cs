using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Questions to one device under its <see cref="CallPlan"/>: null is "not supported" or "not now".</summary>
internal sealed class DeviceQuery(NvmlApi api, nint device, CallPlan plan)
{
    public NvmlApi Api { get; } = api;

    public nint Device { get; } = device;

    public CallPlan Plan { get; } = plan;

    public T? Get<T>(NativeFunction function, T argument = default)
        where T : unmanaged
    {
        var value = argument;
        return Plan.Wants(function.Name) && Plan.Accept(function.Name, function.Call(Device, ref value)) ? value : null;
    }

    public int? GetInt(NativeFunction function) => ToInt(Get<uint>(function));

    public int? GetInt(NativeFunction function, uint selector)
    {
        uint value = 0;
        return Plan.Wants(function.Name, selector)
            && Plan.Accept(function.Name, function.Call(Device, selector, ref value), selector)
            ? ToInt(value)
            : null;
    }

    /// <summary>
    /// A reading: a number that does not fit an int becomes the highest int, which is never plausible. All ones are then not
    /// taken for -1, and the plausibility check sees that the driver answered.
    /// </summary>
    public int? GetReading(NativeFunction function) => ToReading(Get<uint>(function));

    /// <inheritdoc cref="GetReading(NativeFunction)"/>
    public int? GetReading(NativeFunction function, uint selector)
    {
        uint value = 0;
        return Plan.Wants(function.Name, selector)
            && Plan.Accept(function.Name, function.Call(Device, selector, ref value), selector)
            ? ToReading(value)
            : null;
    }

    /// <inheritdoc cref="GetReading(NativeFunction)"/>
    public static int? ToReading(uint? value) => value is { } number ? (int)Math.Min(number, int.MaxValue) : null;

    public (uint First, uint Second)? GetPair(NativeFunction function)
    {
        uint first = 0, second = 0;
        return Plan.Wants(function.Name)
            && Plan.Accept(function.Name, function.Call(Device, ref first, ref second))
            ? (first, second)
            : null;
    }

    public bool? GetBool(NativeFunction function) => Get<uint>(function) is { } value ? value != 0 : null;

    public string? GetText(NativeFunction function)
    {
        Span<byte> buffer = stackalloc byte[NvmlText.BufferSize];
        return Plan.Wants(function.Name) && Plan.Accept(function.Name, function.CallText(Device, buffer))
            ? NvmlText.Read(buffer)
            : null;
    }

    /// <summary>Milliwatts to watts.</summary>
    public double? GetWatts(NativeFunction function) => Get<uint>(function) / 1000.0;

    public int? Count(NativeFunction list) =>
        Plan.Wants(list.Name) && Plan.Accept(list.Name, NvmlApi.CountEntries(list, Device, out var count))
            ? ToInt(count)
            : null;

    // All ones is NVML's "not available", and no count or clock comes near the sign bit.
    private static int? ToInt(uint? value) => value is { } known && known <= int.MaxValue ? (int)known : null;
}

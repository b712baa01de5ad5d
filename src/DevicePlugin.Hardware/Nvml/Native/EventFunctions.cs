namespace DevicePlugin.Hardware.Nvml.Native;

internal sealed class EventFunctions(NativeExports exports)
{
    public NativeFunction Create { get; } = exports.Find("nvmlEventSetCreate");

    public NativeFunction Free { get; } = exports.Find("nvmlEventSetFree");

    public NativeFunction SupportedTypes { get; } = exports.Find("nvmlDeviceGetSupportedEventTypes");

    /// <summary>(device, types, set).</summary>
    public NativeFunction Register { get; } = exports.Find("nvmlDeviceRegisterEvents");

    /// <summary>(set, event, timeout in ms); the first version writes 24 of the 32 bytes.</summary>
    public NativeFunction Wait { get; } = exports.Find("nvmlEventSetWait_v2", "nvmlEventSetWait");

    public unsafe NvmlReturn RegisterEvents(nint device, ulong types, nint set) => Register.TryBegin(out var begun)
        ? Register.End(
            begun, ((delegate* unmanaged[Cdecl]<nint, ulong, nint, NvmlReturn>)Register.Address)(device, types, set))
        : Register.Refusal;

    /// <summary>Its time is not measured: it waits for something to happen.</summary>
    public unsafe NvmlReturn WaitForEvent(nint set, out EventData data, uint timeoutMilliseconds)
    {
        data = new EventData { GpuInstanceId = EventData.WholeGpu, ComputeInstanceId = EventData.WholeGpu };
        fixed (EventData* pointer = &data)
        {
            return Wait.TryBegin(out var begun, TimeSpan.FromMilliseconds(timeoutMilliseconds))
                ? Wait.End(begun, ((delegate* unmanaged[Cdecl]<nint, EventData*, uint, NvmlReturn>)Wait.Address)(
                    set, pointer, timeoutMilliseconds))
                : Wait.Refusal;
        }
    }
}

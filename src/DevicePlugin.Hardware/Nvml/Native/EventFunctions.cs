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

    public unsafe NvmlReturn RegisterEvents(nint device, ulong types, nint set) => Register.Exists
        ? ((delegate* unmanaged[Cdecl]<nint, ulong, nint, NvmlReturn>)Register.Enter())(device, types, set)
        : NvmlReturn.FunctionNotFound;

    public unsafe NvmlReturn WaitForEvent(nint set, out EventData data, uint timeoutMilliseconds)
    {
        data = new EventData { GpuInstanceId = EventData.WholeGpu, ComputeInstanceId = EventData.WholeGpu };
        fixed (EventData* pointer = &data)
        {
            return Wait.Exists
                ? ((delegate* unmanaged[Cdecl]<nint, EventData*, uint, NvmlReturn>)Wait.Enter())(
                    set, pointer, timeoutMilliseconds)
                : NvmlReturn.FunctionNotFound;
        }
    }
}

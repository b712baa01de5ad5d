namespace DevicePlugin.Hardware.Nvml.Native;

internal sealed class MigFunctions(NativeExports exports)
{
    /// <summary>(device, current, pending).</summary>
    public NativeFunction Mode { get; } = exports.Find("nvmlDeviceGetMigMode");

    public NativeFunction MaxDeviceCount { get; } = exports.Find("nvmlDeviceGetMaxMigDeviceCount");

    /// <summary>(device, slot, MIG device).</summary>
    public NativeFunction DeviceBySlot { get; } = exports.Find("nvmlDeviceGetMigDeviceHandleByIndex");

    public NativeFunction GpuInstanceId { get; } = exports.Find("nvmlDeviceGetGpuInstanceId");

    public NativeFunction ComputeInstanceId { get; } = exports.Find("nvmlDeviceGetComputeInstanceId");

    public NativeFunction Attributes2 { get; } = exports.Find("nvmlDeviceGetAttributes_v2");

    /// <summary>Writes the first 24 bytes of what the second version writes.</summary>
    public NativeFunction Attributes { get; } = exports.Find("nvmlDeviceGetAttributes");
}

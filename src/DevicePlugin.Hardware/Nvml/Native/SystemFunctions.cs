namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>NVML's functions about the library, the driver and the list of GPUs.</summary>
internal sealed class SystemFunctions(NativeExports exports)
{
    public NativeFunction Init { get; } = exports.Find("nvmlInit_v2", "nvmlInit");

    /// <summary>(flags).</summary>
    public NativeFunction InitWithFlags { get; } = exports.Find("nvmlInitWithFlags");

    public NativeFunction Shutdown { get; } = exports.Find("nvmlShutdown");

    public NativeFunction DriverVersion { get; } = exports.Find("nvmlSystemGetDriverVersion");

    public NativeFunction NvmlVersion { get; } = exports.Find("nvmlSystemGetNVMLVersion");

    /// <summary>(pid, buffer, length).</summary>
    public NativeFunction ProcessName { get; } = exports.Find("nvmlSystemGetProcessName");

    /// <summary>Fails without libcuda, where the first version answers with a number of its own.</summary>
    public NativeFunction CudaDriverVersion2 { get; } = exports.Find("nvmlSystemGetCudaDriverVersion_v2");

    public NativeFunction CudaDriverVersion { get; } = exports.Find("nvmlSystemGetCudaDriverVersion");

    public NativeFunction ConfComputeState { get; } = exports.Find("nvmlSystemGetConfComputeState");

    public NativeFunction DeviceCount { get; } = exports.Find("nvmlDeviceGetCount_v2", "nvmlDeviceGetCount");

    /// <summary>(index, device).</summary>
    public NativeFunction DeviceByIndex { get; } =
        exports.Find("nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex");
}

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>GPU performance monitoring, Hopper and later.</summary>
internal sealed class GpmFunctions(NativeExports exports)
{
    public NativeFunction QueryDeviceSupport { get; } = exports.Find("nvmlGpmQueryDeviceSupport");

    public NativeFunction SampleAlloc { get; } = exports.Find("nvmlGpmSampleAlloc");

    public NativeFunction SampleFree { get; } = exports.Find("nvmlGpmSampleFree");

    /// <summary>(device, GPU instance, sample).</summary>
    public NativeFunction MigSampleGet { get; } = exports.Find("nvmlGpmMigSampleGet");

    /// <summary>(device, sample).</summary>
    public NativeFunction SampleGet { get; } = exports.Find("nvmlGpmSampleGet");

    public NativeFunction MetricsGet { get; } = exports.Find("nvmlGpmMetricsGet");

    public unsafe NvmlReturn GetSample(nint device, nint sample) => SampleGet.Exists
        ? ((delegate* unmanaged[Cdecl]<nint, nint, NvmlReturn>)SampleGet.Enter())(device, sample)
        : NvmlReturn.FunctionNotFound;

    public unsafe NvmlReturn GetMigSample(nint device, uint gpuInstance, nint sample) => MigSampleGet.Exists
        ? ((delegate* unmanaged[Cdecl]<nint, uint, nint, NvmlReturn>)MigSampleGet.Enter())(device, gpuInstance, sample)
        : NvmlReturn.FunctionNotFound;
}

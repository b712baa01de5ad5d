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

    public unsafe NvmlReturn GetSample(nint device, nint sample) => SampleGet.TryBegin(out var begun)
        ? SampleGet.End(begun, ((delegate* unmanaged[Cdecl]<nint, nint, NvmlReturn>)SampleGet.Address)(device, sample))
        : SampleGet.Refusal;

    public unsafe NvmlReturn GetMigSample(nint device, uint gpuInstance, nint sample) => MigSampleGet.TryBegin(out var begun)
        ? MigSampleGet.End(
            begun,
            ((delegate* unmanaged[Cdecl]<nint, uint, nint, NvmlReturn>)MigSampleGet.Address)(device, gpuInstance, sample))
        : MigSampleGet.Refusal;
}

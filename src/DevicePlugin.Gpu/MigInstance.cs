namespace DevicePlugin.Gpu;

/// <summary>Where a MIG device sits in its GPU.</summary>
/// <param name="ParentUuid">UUID of the physical GPU.</param>
/// <param name="GpuInstanceId">nvmlDeviceGetGpuInstanceId; events name it.</param>
/// <param name="ComputeInstanceId">nvmlDeviceGetComputeInstanceId; counts from 0 inside the GPU instance.</param>
/// <param name="Profile">For example <c>1g.5gb</c>: what follows " MIG " in NVML's name.</param>
public sealed record MigInstance(string ParentUuid, int GpuInstanceId, int ComputeInstanceId, string Profile)
{
    /// <summary>
    /// Its place among the parent's (nvmlDeviceGetMigDeviceHandleByIndex), which the names <c>0:1</c> of nvidia-smi and CDI
    /// count. Null where it is not known.
    /// </summary>
    public int? Slot { get; init; }

    /// <summary>nvmlDeviceAttributes_t.gpuInstanceSliceCount.</summary>
    public int? GpuSlices { get; init; }

    /// <summary>nvmlDeviceAttributes_t.computeInstanceSliceCount.</summary>
    public int? ComputeSlices { get; init; }
}

namespace DevicePlugin.Gpu;

/// <summary>The driver as the last enumeration found it.</summary>
/// <param name="State">Whether devices can be expected at all.</param>
/// <param name="Reason">Why not, for a person; empty when the driver is loaded.</param>
public sealed record DriverStatus(DriverState State, string Reason = "")
{
    /// <summary>What ends the state; null where that is the removal of the maintenance file, or not known.</summary>
    public string? Advice { get; init; }

    /// <summary>For example <c>580.105.08</c> (nvmlSystemGetDriverVersion).</summary>
    public string? Version { get; init; }

    /// <summary>The newest CUDA version the driver supports (nvmlSystemGetCudaDriverVersion).</summary>
    public CudaVersion? Cuda { get; init; }

    /// <summary>nvmlSystemGetConfComputeState; null where the driver or the platform does not know it.</summary>
    public bool? ConfidentialCompute { get; init; }

    /// <summary>A call that everything else waits for has not returned: what the driver has is not known.</summary>
    public bool IsUnresponsive { get; init; }

    public bool IsLoaded => State == DriverState.Loaded;
}

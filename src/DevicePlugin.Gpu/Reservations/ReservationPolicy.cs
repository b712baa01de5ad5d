namespace DevicePlugin.Gpu.Reservations;

/// <summary>How a task is told of its devices.</summary>
public sealed record ReservationPolicy
{
    /// <summary>
    /// Also sets <c>CUDA_VISIBLE_DEVICES</c>, which is what exec and raw_exec tasks heed: nothing reads
    /// <c>NVIDIA_VISIBLE_DEVICES</c> outside a container.
    /// </summary>
    public bool CudaVisibleDevices { get; init; }

    /// <summary>Hands out devices that turned unhealthy after Nomad placed the task.</summary>
    public bool AllowUnhealthy { get; init; }
}

namespace DevicePlugin.Hardware.Cuda;

/// <summary>What the CUDA driver says of a device and NVML does not. Null: the driver did not say.</summary>
internal sealed record CudaDeviceFacts
{
    /// <summary>NVML's UUID of the GPU, or of the MIG instance that CUDA showed.</summary>
    public required string Uuid { get; init; }

    public int? L2CacheKiB { get; init; }

    public int? SmCount { get; init; }

    public int? CopyEngines { get; init; }

    public int? SharedMemoryPerSmKiB { get; init; }

    public int? ThreadsPerSm { get; init; }

    public int? ClockMHz { get; init; }

    /// <summary>Shares the system's memory (CU_DEVICE_ATTRIBUTE_INTEGRATED).</summary>
    public bool? IsIntegrated { get; init; }

    public bool? ManagedMemory { get; init; }

    public double? TotalMemoryMiB { get; init; }
}

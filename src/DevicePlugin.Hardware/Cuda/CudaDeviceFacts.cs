using System.Text.Json.Serialization;

namespace DevicePlugin.Hardware.Cuda;

/// <summary>What the CUDA driver says of a device and NVML does not. Null: the driver did not say.</summary>
internal sealed record CudaDeviceFacts
{
    /// <summary>NVML's UUID of the GPU, or of the MIG instance that CUDA showed.</summary>
    public required string Uuid { get; init; }

    [JsonPropertyName("l2_cache_kib")]
    public int? L2CacheKiB { get; init; }

    public int? SmCount { get; init; }

    public int? CopyEngines { get; init; }

    [JsonPropertyName("shared_memory_per_sm_kib")]
    public int? SharedMemoryPerSmKiB { get; init; }

    public int? ThreadsPerSm { get; init; }

    [JsonPropertyName("clock_mhz")]
    public int? ClockMHz { get; init; }

    /// <summary>Shares the system's memory (CU_DEVICE_ATTRIBUTE_INTEGRATED).</summary>
    public bool? IsIntegrated { get; init; }

    public bool? ManagedMemory { get; init; }

    [JsonPropertyName("total_memory_mib")]
    public double? TotalMemoryMiB { get; init; }
}

namespace DevicePlugin.Hardware.Mps;

/// <summary>A GPU that a daemon serves.</summary>
/// <param name="Uuid">NVML's.</param>
/// <param name="MemoryLimitMiB">Device memory of one client; null where the GPU's is not known.</param>
/// <param name="ComputeMode">As NVML says it is now; null where it does not.</param>
public sealed record MpsGpu(string Uuid, long? MemoryLimitMiB, string? ComputeMode);

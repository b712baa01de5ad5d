namespace DevicePlugin.Hardware.Mps;

/// <summary>A GPU of a daemon, and how it was before.</summary>
/// <param name="Uuid">NVML's.</param>
/// <param name="FormerMode">Its compute mode before ours, in NVML's words.</param>
internal sealed record MpsRecordedGpu(string Uuid, string FormerMode);

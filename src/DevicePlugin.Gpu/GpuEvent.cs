namespace DevicePlugin.Gpu;

/// <summary>Something the hardware reported by itself.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="GpuUuid">The physical GPU; null when the event is the node's.</param>
/// <param name="Data">The XID number; 0 for other kinds.</param>
/// <param name="GpuInstanceId">Null when the whole GPU is meant (0xFFFFFFFF in NVML).</param>
/// <param name="ComputeInstanceId">Likewise.</param>
public sealed record GpuEvent(
    GpuEventKind Kind,
    string? GpuUuid,
    long Data = 0,
    int? GpuInstanceId = null,
    int? ComputeInstanceId = null);

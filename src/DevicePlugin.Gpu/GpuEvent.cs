namespace DevicePlugin.Gpu;

/// <summary>Something the hardware reported by itself.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="GpuUuid">The physical GPU; null when the event is the node's.</param>
/// <param name="Data">The number of an XID or SXid; how many lines were lost; 0 for other kinds.</param>
/// <param name="GpuInstanceId">Null when the whole GPU is meant (0xFFFFFFFF in NVML).</param>
/// <param name="ComputeInstanceId">Likewise.</param>
public sealed record GpuEvent(
    GpuEventKind Kind,
    string? GpuUuid,
    long Data = 0,
    int? GpuInstanceId = null,
    int? ComputeInstanceId = null)
{
    /// <summary>The line of the kernel log that reports it, the last one of several; null for events from the driver.</summary>
    public KernelLogPosition? Line { get; init; }

    /// <summary>How often it happened.</summary>
    public long Count { get; init; } = 1;

    /// <summary>When it happened, the first time; null: now.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>When it happened the last time; null: as <see cref="At"/>.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>Who reported it and in which words, where that adds to the other values; otherwise empty.</summary>
    public string Text { get; init; } = "";

    /// <summary>Whether it is the same error of the same GPU or instance again.</summary>
    internal bool Repeats(GpuEvent other) =>
        (Kind, GpuUuid, Data, GpuInstanceId, ComputeInstanceId)
            == (other.Kind, other.GpuUuid, other.Data, other.GpuInstanceId, other.ComputeInstanceId);
}

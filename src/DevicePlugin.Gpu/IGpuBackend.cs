namespace DevicePlugin.Gpu;

/// <summary>
/// The node's GPUs, real (NVML) or made up (a scenario). Nothing is opened before the first call. No member throws for
/// what the hardware does: a missing driver is a <see cref="DriverStatus"/>, a sick GPU is a <see cref="DeviceFault"/>,
/// an unsupported value is null. Members may be called at the same time from several threads.
/// </summary>
public interface IGpuBackend : IAsyncDisposable
{
    /// <summary>Whether the devices are made up; the attribute <c>simulated</c> and a warning tell users.</summary>
    bool IsSimulated { get; }

    /// <summary>
    /// Reads which devices there are. Facts that cannot change are read once and kept; modes, limits and the MIG layout
    /// are read again by each call.
    /// </summary>
    Task<NodeReport> EnumerateAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads what changes on <paramref name="device"/>. A device that is gone or does not answer gives
    /// <see cref="GpuReadings.None"/>.
    /// </summary>
    Task<GpuReadings> ReadAsync(GpuDevice device, CancellationToken cancellationToken);

    /// <summary>
    /// Events from now on, until cancelled. A backend or a driver without events just waits.
    /// </summary>
    IAsyncEnumerable<GpuEvent> WatchAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Disposes, and returns when the hardware is free for others, which may take seconds. Disposing alone is in a hurry: it
    /// leaves to the end of the process what does not come back at once.
    /// </summary>
    Task ReleaseAsync();
}

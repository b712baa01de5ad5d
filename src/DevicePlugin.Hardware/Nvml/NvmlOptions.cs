using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Where the driver's parts are, and how long they may take.</summary>
public sealed record NvmlOptions
{
    /// <summary>
    /// Path of NVML; null or empty: <c>libnvidia-ml.so.1</c> and the places drivers are known to put it.
    /// </summary>
    public string? LibraryPath { get; init; }

    /// <summary>
    /// Root of the driver's file tree, for drivers that live in a container or in a folder of their own.
    /// </summary>
    public string DriverRoot { get; init; } = "/";

    public string DevRoot { get; init; } = "/dev";

    /// <summary>Holds <c>meminfo</c> and <c>driver/nvidia</c>.</summary>
    public string ProcRoot { get; init; } = "/proc";

    public string SysfsRoot { get; init; } = "/sys";

    /// <summary>An executable that understands <c>cuda-probe</c>; null: the CUDA facts stay unknown.</summary>
    public string? ProbeExecutable { get; init; }

    /// <summary>How long one call may take before its GPU counts as unresponsive.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long one wait for events lasts at most. Each return costs a call; a session that is closed waits for the last one.
    /// </summary>
    public TimeSpan EventWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Ignored GPUs: only their identity is read, so that a sick one costs nothing.</summary>
    public DeviceFilter Hidden { get; init; } = DeviceFilter.None;

    /// <summary>The kernel log; null: it is not read.</summary>
    public string? KernelLogPath { get; init; }

    /// <summary>The last of its lines that was judged; asked for when it is opened.</summary>
    public Func<KernelLogPosition?> ReadJudgedLine { get; init; } = () => null;

    /// <summary>Lines up to which XIDs were cleared: equal XIDs before and after one count separately. Asked for when it is opened.</summary>
    public Func<ImmutableArray<KernelLogPosition>> ReadClearedLines { get; init; } = () => [];

    /// <summary>Which NVLinks of a GPU are known to have been up under this boot, a bit for each; asked for once for each GPU.</summary>
    public Func<string, DriverLoad, ulong> FindNvLinksSeenUp { get; init; } = (_, _) => 0;

    /// <summary>Told of every call while somebody observes it.</summary>
    public NvmlCallMeter? Meter { get; init; }
}

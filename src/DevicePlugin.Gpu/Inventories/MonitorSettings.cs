using System.Collections.Immutable;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Gpu.Sharing;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>What the configuration says about watching the node's devices.</summary>
public sealed record MonitorSettings
{
    internal static readonly ImmutableDictionary<string, string> NoObstacles = ImmutableDictionary<string, string>.Empty;

    /// <summary>False: one empty inventory, the hardware is left alone.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>How often devices are enumerated besides the events that ask for it.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromMinutes(1);

    public DeviceFilter Filter { get; init; } = DeviceFilter.None;

    public SharingPolicy Sharing { get; init; } = SharingPolicy.None;

    public HealthPolicy Health { get; init; } = HealthPolicy.Default;

    /// <summary>Where the GPUs that an operator cordoned are kept.</summary>
    public CordonStore Cordons { get; init; } = CordonStore.None;

    /// <summary>What is known of the GPUs from before, and where that is kept.</summary>
    public KnownGpuStore Known { get; init; } = KnownGpuStore.None;

    /// <summary>
    /// Whether the node is under maintenance; null while it is not. Asked every few seconds, never before the first stream.
    /// </summary>
    public Func<Maintenance?> ReadMaintenance { get; init; } = () => null;

    /// <summary>
    /// Whether a process that was resetting a GPU when the records were written still does. Asked once, before the driver is opened.
    /// </summary>
    public Func<ResetProcess, bool> IsResetting { get; init; } = _ => false;

    /// <summary>
    /// Shown the inventory after every look at the hardware, changed or not; it must not wait. Never before the first
    /// stream.
    /// </summary>
    public Action<Inventory> Refreshed { get; init; } = _ => { };

    /// <summary>
    /// Sees to what devices need besides the driver, and adds to the report what is wrong with it. Called by the loop with
    /// each report of a backend. Must not throw.
    /// </summary>
    public Func<NodeReport, CancellationToken, Task<NodeReport>> Attend { get; init; } =
        (report, _) => Task.FromResult(report);

    /// <summary>
    /// Called with what would be offered, before it is: says by UUID why devices cannot be handed to a task, and prepares what is
    /// handed out. Called at every refresh, because everything it judges may change at any time. Must not throw.
    /// </summary>
    public Func<Inventory, CancellationToken, Task<IReadOnlyDictionary<string, string>>> FindObstacles { get; init; } =
        (_, _) => Task.FromResult<IReadOnlyDictionary<string, string>>(NoObstacles);

    /// <summary>Makes the backend; called by the loop, never before the first stream.</summary>
    public required Func<IGpuBackend> OpenBackend { get; init; }
}

using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>The block <c>reserve</c>.</summary>
public sealed record ReserveConfig
{
    /// <summary>
    /// In the order given, none twice, and only combinations that work together. Empty only where
    /// <see cref="CudaVisibleDevices"/> is set.
    /// </summary>
    public EquatableArray<ReservationStrategy> Strategies { get; init; } = [ReservationStrategy.EnvironmentVariable];

    /// <summary>Adds <c>CUDA_VISIBLE_DEVICES</c>, for drivers without containers.</summary>
    public bool CudaVisibleDevices { get; init; }

    /// <summary>With <see cref="ReservationStrategy.DeviceNodes"/>: mounts the driver's libraries and tools.</summary>
    public bool DriverLibraries { get; init; }

    /// <summary>What tasks use the driver for, one word each; empty: the default, and nothing is said to NVIDIA's toolkit.</summary>
    public EquatableArray<DriverCapabilities> DriverCapabilities { get; init; } = [];

    /// <summary>Hands out a device that is unhealthy at the time of the reservation.</summary>
    public bool AllowUnhealthy { get; init; }

    public string CdiSpecDir { get; init; } = "/var/run/cdi";

    public EquatableArray<ExtraNode> ExtraNodes { get; init; } = [];

    /// <summary>Channels of the internode memory exchange that every task gets.</summary>
    public EquatableArray<int> ImexChannels { get; init; } = [];

    public EquatableArray<DaemonSocket> Sockets { get; init; } = [];

    /// <summary>Makes missing device nodes by NVIDIA's nvidia-modprobe.</summary>
    public bool CreateDeviceNodes { get; init; }

    /// <summary>Whether the plugin keeps a CDI spec: each strategy that gives names of one needs it.</summary>
    public bool KeepsCdiSpec => Strategies.Any(strategy => strategy is
        ReservationStrategy.Cdi or ReservationStrategy.CdiMounts or ReservationStrategy.CdiEnvironmentVariable);

    /// <summary>Whether device nodes are handed out, by Nomad's task driver or by what the spec says.</summary>
    public bool HandsOutNodes => KeepsCdiSpec || Strategies.Contains(ReservationStrategy.DeviceNodes);

    /// <summary>Whether tasks get <c>NVIDIA_VISIBLE_DEVICES</c>, for which Nomad's docker driver demands NVIDIA's runtime.</summary>
    public bool AsksForNvidiaRuntime => Strategies.Any(strategy => strategy is
        ReservationStrategy.EnvironmentVariable or ReservationStrategy.VolumeMounts
        or ReservationStrategy.CdiMounts or ReservationStrategy.CdiEnvironmentVariable);
}

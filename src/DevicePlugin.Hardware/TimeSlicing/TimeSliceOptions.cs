using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Hardware.TimeSlicing;

/// <summary>What the keeper of time slices needs to know of the configuration.</summary>
public sealed record TimeSliceOptions
{
    public string DriverRoot { get; init; } = "/";

    /// <summary>Which GPUs were given a time slice, over restarts of the plugin.</summary>
    public string StateFile { get; init; } = "/run/nomad-device-gpu/time-slices";

    /// <summary>The kernel's id of this boot, at which every GPU had the default; null where the kernel has none.</summary>
    public string? BootId { get; init; }

    /// <summary>Null for <see cref="FileStatus.Read"/>.</summary>
    internal Func<string, FileStatus?>? ReadStatus { get; init; }
}

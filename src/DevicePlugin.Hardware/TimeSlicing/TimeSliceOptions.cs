namespace DevicePlugin.Hardware.TimeSlicing;

/// <summary>What the keeper of time slices needs to know of the configuration.</summary>
public sealed record TimeSliceOptions
{
    public string DriverRoot { get; init; } = "/";

    /// <summary>Which GPUs were given a time slice, over restarts of the plugin.</summary>
    public string StateFile { get; init; } = "/run/nomad-device-gpu/time-slices";
}

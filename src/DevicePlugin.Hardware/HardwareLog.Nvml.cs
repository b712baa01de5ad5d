using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware;

/// <summary>Event ids 320 to 349: NVML and CUDA.</summary>
internal static partial class HardwareLog
{
    [LoggerMessage(320, LogLevel.Information, "The NVIDIA driver is loaded: version \"{Version}\", CUDA \"{Cuda}\".")]
    public static partial void DriverLoaded(this ILogger logger, string version, string cuda);

    // The inventory says it to people, at WARN and once, whatever the backend.
    [LoggerMessage(321, LogLevel.Debug, "The NVIDIA driver cannot be used ({State}): {Reason}.")]
    public static partial void DriverUnavailable(this ILogger logger, string state, string reason);

    [LoggerMessage(322, LogLevel.Warning, "The NVIDIA driver went away: {Reason}.")]
    public static partial void DriverLost(this ILogger logger, string reason);

    [LoggerMessage(323, LogLevel.Warning, "{Reason}; the process ends in {Seconds} s unless they return.")]
    public static partial void TooManyStuckCalls(this ILogger logger, string reason, double seconds);

    [LoggerMessage(324, LogLevel.Warning, "The driver stays open until the calls of \"{Path}\" that hang ({Count}) have returned.")]
    public static partial void DriverStaysOpen(this ILogger logger, string path, int count);

    [LoggerMessage(325, LogLevel.Warning, "NVML gives no access to the GPU with index {Index}: {Reason}.")]
    public static partial void GpuLeftOut(this ILogger logger, int index, string reason);

    [LoggerMessage(326, LogLevel.Information, "GPU \"{Uuid}\" is unmonitored, its XIDs do not arrive: {Reason}.")]
    public static partial void NoEvents(this ILogger logger, string uuid, string reason);

    [LoggerMessage(327, LogLevel.Warning, "Waiting for events of GPU \"{Uuid}\" failed and is repeated with pauses: {Reason}.")]
    public static partial void EventWaitFailed(this ILogger logger, string uuid, string reason);

    [LoggerMessage(328, LogLevel.Warning, "GPU \"{Uuid}\" could not be sampled: {Reason}.")]
    public static partial void SampleFailed(this ILogger logger, string uuid, string reason);

    [LoggerMessage(329, LogLevel.Information, "CUDA facts are not available: {Reason}.")]
    public static partial void NoCudaFacts(this ILogger logger, string reason);

    [LoggerMessage(330, LogLevel.Warning,
        "Whether GPUs were added or removed is not known, the known ones are served: {Reason}.")]
    public static partial void CountUnknown(this ILogger logger, string reason);

    [LoggerMessage(332, LogLevel.Warning,
        "GPU \"{Uuid}\" is not read, and stays as it was last read, because its driver call waits for that of another GPU: {Reason}.")]
    public static partial void GpuWaits(this ILogger logger, string uuid, string reason);

    [LoggerMessage(333, LogLevel.Information,
        "The driver is opened again, because GPUs are missing or do not answer and NVML may see them then.")]
    public static partial void DriverOpenedAgain(this ILogger logger);

    [LoggerMessage(334, LogLevel.Warning,
        "The driver answers slowly. GPUs that have not been read yet: {Unread} of {Count}; they follow as soon as they are read.")]
    public static partial void GpusNotReadYet(this ILogger logger, string unread, string count);

    [LoggerMessage(331, LogLevel.Warning,
        "{Function} of driver {Driver} returned an invalid name for \"{Uuid}\"; its device group is called \"{Name}\".")]
    public static partial void NameIsNoText(
        this ILogger logger, string function, string driver, string uuid, string name);
}

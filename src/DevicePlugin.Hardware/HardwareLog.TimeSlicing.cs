using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware;

/// <summary>Event ids 390 to 399: time slices of shared GPUs.</summary>
internal static partial class HardwareLog
{
    [LoggerMessage(390, LogLevel.Information, "GPU \"{Uuid}\" has the time slice {TimeSlice}.")]
    public static partial void TimeSliceSet(this ILogger logger, string uuid, string timeSlice);

    [LoggerMessage(391, LogLevel.Warning,
        "GPU \"{Uuid}\" could not be given the time slice {TimeSlice} ({Reason}); it is shared all the same.")]
    public static partial void TimeSliceNotSet(this ILogger logger, string uuid, string timeSlice, string reason);

    [LoggerMessage(392, LogLevel.Warning,
        "The driver sets time slices of whole GPUs only; MIG instances such as \"{Uuid}\" keep the default.")]
    public static partial void TimeSliceNotForInstances(this ILogger logger, string uuid);

    [LoggerMessage(393, LogLevel.Warning,
        "The file \"{Path}\" cannot be kept ({Reason}); time slices stay as they are when sharing ends, set state_dir.")]
    public static partial void TimeSlicesNotKept(this ILogger logger, string path, string reason);
}

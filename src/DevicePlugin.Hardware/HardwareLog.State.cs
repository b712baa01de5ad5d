using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware;

/// <summary>Event ids 350 to 359: what is kept over restarts.</summary>
internal static partial class HardwareLog
{
    [LoggerMessage(350, LogLevel.Warning,
        "The state file \"{Path}\" cannot be used ({Reason}); it is moved to \"{Aside}\", and past causes of bad health are forgotten.")]
    public static partial void StateMovedAside(this ILogger logger, string path, string aside, string reason);

    [LoggerMessage(351, LogLevel.Warning,
        "The state file \"{Path}\" cannot be read ({Reason}); past causes of bad health are forgotten.")]
    public static partial void StateNotRead(this ILogger logger, string path, string reason);

    [LoggerMessage(352, LogLevel.Warning,
        "The state file \"{Path}\" cannot be written ({Reason}); causes of bad health are lost with a restart, set state_dir.")]
    public static partial void StateNotWritten(this ILogger logger, string path, string reason);
}

using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware;

/// <summary>Event ids 350 to 359: what is kept over restarts.</summary>
internal static partial class HardwareLog
{
    [LoggerMessage(350, LogLevel.Warning,
        "The state file \"{Path}\" cannot be used ({Reason}); it is moved to \"{Aside}\", and {Content} are forgotten.")]
    public static partial void StateMovedAside(
        this ILogger logger, string path, string reason, string aside, string content);

    [LoggerMessage(351, LogLevel.Warning,
        "The state file \"{Path}\" cannot be read ({Reason}); {Content} are forgotten.")]
    public static partial void StateNotRead(this ILogger logger, string path, string reason, string content);

    [LoggerMessage(352, LogLevel.Warning,
        "The state file \"{Path}\" cannot be written ({Reason}); {Content} are lost with a restart, set state_dir.")]
    public static partial void StateNotWritten(this ILogger logger, string path, string reason, string content);
}

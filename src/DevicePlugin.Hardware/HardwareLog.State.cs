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

    [LoggerMessage(353, LogLevel.Information, "The state file \"{From}\" of an earlier version was moved to \"{To}\".")]
    public static partial void StateTakenOver(this ILogger logger, string from, string to);

    [LoggerMessage(354, LogLevel.Warning,
        "The state file \"{From}\" of an earlier version could not be moved to \"{To}\": {Reason}. What it has is not used.")]
    public static partial void StateNotTakenOver(this ILogger logger, string from, string to, string reason);

    [LoggerMessage(355, LogLevel.Warning,
        "The maintenance file is \"{Former}\", where earlier versions looked for it. A reboot deletes it there: create "
        + "\"{Path}\" instead.")]
    public static partial void MaintenanceFileIsFormer(this ILogger logger, string former, string path);

    [LoggerMessage(356, LogLevel.Warning,
        "The maintenance file \"{Path}\" declares GPUs reset, which is ignored: {Reason}. Maintenance goes on.")]
    public static partial void ResetLinesIgnored(this ILogger logger, string path, string reason);

    [LoggerMessage(358, LogLevel.Warning,
        "The maintenance file \"{Path}\" is there, so maintenance goes on, but what it says is not read: {Reason}.")]
    public static partial void MaintenanceFileNotRead(this ILogger logger, string path, string reason);

    [LoggerMessage(359, LogLevel.Information, "The state file \"{Path}\" is written again.")]
    public static partial void StateWrittenAgain(this ILogger logger, string path);

    [LoggerMessage(357, LogLevel.Error,
        "The record of cordons cannot be used: {Problem}. Until then, the cordons in force stay, and none can be changed; a plugin "
        + "that starts gives no GPU to tasks.")]
    public static partial void CordonsNotRead(this ILogger logger, string problem);
}

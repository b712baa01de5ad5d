using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware;

/// <summary>Event ids 290 to 299: requests of operators.</summary>
internal static partial class HardwareLog
{
    [LoggerMessage(290, LogLevel.Warning, "{By} (uid {User}) ran \"{Verb}\": {Done}.")]
    public static partial void RequestDone(this ILogger logger, string by, uint user, string verb, string done);

    [LoggerMessage(291, LogLevel.Warning, "{By} (uid {User}) ran \"{Verb}\", which was refused: {Reason}.")]
    public static partial void RequestRefused(this ILogger logger, string by, uint user, string verb, string reason);

    [LoggerMessage(292, LogLevel.Warning, "The request \"{File}\" is discarded: {Reason}.")]
    public static partial void RequestDiscarded(this ILogger logger, string file, string reason);

    [LoggerMessage(293, LogLevel.Error,
        "Requests of operators are not taken: {Reason}. Correct that, or delete the folder and restart the agent.")]
    public static partial void RequestsNotTaken(this ILogger logger, string reason);

    [LoggerMessage(294, LogLevel.Error, "A request of an operator failed.")]
    public static partial void RequestFailed(this ILogger logger, Exception exception);
}

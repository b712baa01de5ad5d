using Microsoft.Extensions.Logging;

namespace DevicePlugin.Nomad;

/// <summary>Event ids 400 to 449.</summary>
internal static partial class NomadLog
{
    [LoggerMessage(400, LogLevel.Error,
        "The device group \"{Group}\" is left out, since Nomad would stop the plugin for it: {Violation}.")]
    public static partial void GroupLeftOut(this ILogger logger, string group, string violation);

    [LoggerMessage(401, LogLevel.Error, "The configuration is refused, the one before it stays: {Errors}")]
    public static partial void ConfigurationRefused(this ILogger logger, string errors);

    [LoggerMessage(402, LogLevel.Warning, "{Warning}")]
    public static partial void ConfigurationWarning(this ILogger logger, string warning);

    [LoggerMessage(403, LogLevel.Warning, "A reservation is refused: {Reason}.")]
    public static partial void ReservationRefused(this ILogger logger, string reason);

    [LoggerMessage(404, LogLevel.Information, "Reserved \"{Ids}\" for a task.")]
    public static partial void Reserved(this ILogger logger, string ids);

    [LoggerMessage(412, LogLevel.Warning, "{Warning}")]
    public static partial void ReservationWarning(this ILogger logger, string warning);

    [LoggerMessage(405, LogLevel.Error, "The {Stream} stream failed; Nomad may take the devices for gone.")]
    public static partial void StreamFailed(this ILogger logger, string stream, Exception exception);

    [LoggerMessage(410, LogLevel.Error,
        "A handler of reservations failed; the status page or the metrics may miss one. The task has its devices.")]
    public static partial void ReservationListenerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(411, LogLevel.Error,
        "A message of the {Stream} stream could not be built and is not sent; Nomad keeps the previous one.")]
    public static partial void MessageNotMade(this ILogger logger, string stream, Exception exception);
}

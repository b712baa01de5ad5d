using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware;

/// <summary>Event ids 360 to 369: what is handed out, and the spec file of the Container Device Interface.</summary>
internal static partial class HardwareLog
{
    [LoggerMessage(360, LogLevel.Information, "The CDI spec \"{Path}\" is written.")]
    public static partial void CdiSpecWritten(this ILogger logger, string path);

    [LoggerMessage(361, LogLevel.Information, "The CDI spec \"{Path}\" is removed.")]
    public static partial void CdiSpecRemoved(this ILogger logger, string path);

    [LoggerMessage(362, LogLevel.Warning,
        "The CDI spec \"{Path}\" cannot be kept ({Reason}); containers that ask for a CDI device may not start.")]
    public static partial void CdiSpecNotKept(this ILogger logger, string path, string reason);

    [LoggerMessage(363, LogLevel.Warning,
        "\"{Path}\" defines, or may define, CDI devices of {Kind}, and a runtime does not resolve a name that two specs have. The "
        + "plugin's spec has the kind {OwnKind} from now on. Tasks that were given names of {Kind} before get the devices of "
        + "\"{Path}\" when they restart.")]
    public static partial void CdiKindChanged(this ILogger logger, string path, string kind, string ownKind);

    [LoggerMessage(364, LogLevel.Warning, "There is no CDI spec: {Reason}.")]
    public static partial void CdiSpecLacksLibraries(this ILogger logger, string reason);

    [LoggerMessage(365, LogLevel.Error,
        "The device nodes and files that tasks are given could not be examined; no device is handed out until they are.")]
    public static partial void HandOutNotExamined(this ILogger logger, Exception exception);

    [LoggerMessage(366, LogLevel.Information, "The device node \"{Path}\" was missing; {Tool} created it.")]
    public static partial void DeviceNodeMade(this ILogger logger, string path, string tool);

    [LoggerMessage(367, LogLevel.Warning,
        "The device node \"{Path}\" is missing and could not be created: {Problem}. The plugin tries again every "
        + "minute and does not log this again.")]
    public static partial void DeviceNodeNotMade(this ILogger logger, string path, string problem);

    [LoggerMessage(368, LogLevel.Warning, "The CDI spec \"{Path}\" of another program is not understood: {Problem}.")]
    public static partial void CdiSpecOfOthersUnclear(this ILogger logger, string path, string problem);

    [LoggerMessage(369, LogLevel.Information, "The plugin's CDI spec has the kind {Kind}: {Reason}.")]
    public static partial void CdiKindChosen(this ILogger logger, string kind, string reason);
}

using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware;

/// <summary>Event ids 300 to 309: scenarios and the fake backend.</summary>
internal static partial class HardwareLog
{
    [LoggerMessage(300, LogLevel.Warning,
        "The devices are simulated: scenario \"{Name}\" with {Gpus} GPUs is served, no hardware is read.")]
    public static partial void ScenarioLoaded(this ILogger logger, string name, int gpus);

    [LoggerMessage(301, LogLevel.Error, "{Reason} No devices are served until it is good.")]
    public static partial void ScenarioBroken(this ILogger logger, string reason);

    [LoggerMessage(302, LogLevel.Warning,
        "Changes of \"{Path}\" cannot be watched ({Reason}); they are seen with the next enumeration.")]
    public static partial void ScenarioNotWatched(this ILogger logger, string path, string reason);

    [LoggerMessage(303, LogLevel.Information, "The scenario entry \"{Id}\" took place.")]
    public static partial void ScenarioEntryDue(this ILogger logger, string id);
}

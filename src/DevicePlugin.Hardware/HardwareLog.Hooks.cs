using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware;

/// <summary>Event ids 280 to 289: the program that is run when devices change.</summary>
internal static partial class HardwareLog
{
    [LoggerMessage(280, LogLevel.Information, "The on_change program \"{Program}\" ran for {Seconds:0.0} s: {Devices}.")]
    public static partial void HookRan(this ILogger logger, string program, double seconds, string devices);

    [LoggerMessage(281, LogLevel.Warning,
        "The on_change program \"{Program}\" failed: {Problem}. Its output is in on-change.log in run_dir. The same failure is "
        + "not logged again until a run succeeds.")]
    public static partial void HookFailed(this ILogger logger, string program, string problem);

    [LoggerMessage(282, LogLevel.Error,
        "The on_change program \"{Program}\" is not run: {Reason}. Root must own the file and every folder of its path, and "
        + "nobody else may write them.")]
    public static partial void HookNotTrusted(this ILogger logger, string program, string reason);

    [LoggerMessage(283, LogLevel.Warning,
        "The on_change program that a former plugin process had started was still running (process {Id}) and was killed: the former "
        + "plugin ended without doing so.")]
    public static partial void FormerHookEnded(this ILogger logger, int id);

    [LoggerMessage(284, LogLevel.Warning,
        "Whether an on_change program of a former plugin process still runs cannot be told: {Reason}.")]
    public static partial void FormerHookNotEnded(this ILogger logger, string reason);
}

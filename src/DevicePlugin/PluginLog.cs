using Microsoft.Extensions.Logging;

namespace DevicePlugin;

/// <summary>Event ids 500 to 549.</summary>
internal static partial class PluginLog
{
    [LoggerMessage(500, LogLevel.Warning,
        "The arguments \"{Arguments}\" are ignored; configure the plugin by the config block of its stanza.")]
    public static partial void ArgumentsIgnored(this ILogger logger, string arguments);

    [LoggerMessage(501, LogLevel.Warning, "The hardware did not answer within {Milliseconds} ms; leaving it as it is.")]
    public static partial void HardwareStillBusy(this ILogger logger, double milliseconds);

    [LoggerMessage(502, LogLevel.Error, "The process ends so that Nomad starts a new one: {Reason}")]
    public static partial void RestartNeeded(this ILogger logger, string reason);

    [LoggerMessage(520, LogLevel.Information,
        "The GPUs come from a scenario: the MPS control daemons of {Blocks} sharing blocks are not started, and tasks get the variables and mounts for them all the same.")]
    public static partial void NoMpsForSimulatedGpus(this ILogger logger, int blocks);
}

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

    [LoggerMessage(520, LogLevel.Information, "Metrics and the status page are served at \"{Url}\".")]
    public static partial void MetricsServed(this ILogger logger, string url);

    [LoggerMessage(521, LogLevel.Error,
        "Metrics cannot be served at \"{Address}\" ({Reason}); the plugin serves Nomad without them and keeps trying.")]
    public static partial void MetricsNotServed(this ILogger logger, string address, string reason);

    [LoggerMessage(522, LogLevel.Error, "The request for \"{Path}\" could not be answered.")]
    public static partial void RequestFailed(this ILogger logger, string path, Exception exception);

    [LoggerMessage(523, LogLevel.Warning,
        "Nomad at \"{Address}\" does not say which tasks have which devices ({Reason}); asked again every {Seconds} s.")]
    public static partial void AllocationsUnknown(this ILogger logger, string address, string reason, double seconds);

    [LoggerMessage(524, LogLevel.Information, "Nomad at \"{Address}\" says which tasks have which devices.")]
    public static partial void AllocationsKnown(this ILogger logger, string address);

    [LoggerMessage(530, LogLevel.Information,
        "The GPUs come from a scenario: the MPS control daemons of {Blocks} sharing blocks are not started, but tasks still get the variables and mounts for them.")]
    public static partial void NoMpsForSimulatedGpus(this ILogger logger, int blocks);

    [LoggerMessage(531, LogLevel.Warning,
        "The GPUs come from a scenario, and container runtimes look for CDI specs in \"{Folder}\", so no spec is written there. "
        + "Tasks still get the CDI names. To see the spec, set reserve.cdi_spec_dir to another folder.")]
    public static partial void NoCdiSpecForSimulatedGpus(this ILogger logger, string folder);

    [LoggerMessage(541, LogLevel.Warning,
        "The state folder \"{Folder}\" cannot be held ({Reason}): commands such as cordon have no effect on this plugin "
        + "until it can.")]
    public static partial void StateNotHeld(this ILogger logger, string folder, string reason);

    [LoggerMessage(542, LogLevel.Error,
        "The plugin cannot start: its standard output is closed, by which the host learns where it listens.")]
    public static partial void OutputClosed(this ILogger logger);

    [LoggerMessage(540, LogLevel.Error,
        "A handler of configuration changes failed; the status page or the metrics may still use the previous one.")]
    public static partial void ConfigurationListenerFailed(this ILogger logger, Exception exception);
}

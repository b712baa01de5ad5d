using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin;

internal static partial class GoPluginLog
{
    [LoggerMessage(100, LogLevel.Error, "The plugin cannot start. {Reason}")]
    public static partial void StartFailed(this ILogger logger, string reason);

    [LoggerMessage(101, LogLevel.Error, "The plugin ends because of an unexpected error.")]
    public static partial void Failed(this ILogger logger, Exception exception);

    [LoggerMessage(102, LogLevel.Debug,
        "Listening on {Network} \"{Address}\" with protocol version {Version}, mutual TLS: {MutualTls}.")]
    public static partial void Listening(
        this ILogger logger, string network, string address, int version, bool mutualTls);

    [LoggerMessage(103, LogLevel.Debug, "The plugin ends: {Reason}.")]
    public static partial void Stopping(this ILogger logger, string reason);

    [LoggerMessage(104, LogLevel.Debug, "An interrupt is ignored, since the host decides when the plugin ends.")]
    public static partial void InterruptIgnored(this ILogger logger);

    [LoggerMessage(105, LogLevel.Warning,
        "{Dropped} pieces of console output were dropped because the host did not fetch them.")]
    public static partial void StdioDropped(this ILogger logger, long dropped);

    [LoggerMessage(106, LogLevel.Debug,
        "The host's offer of service {ServiceId} on {Network} \"{Address}\" is ignored, brokered connections are not used.")]
    public static partial void BrokerOfferIgnored(this ILogger logger, uint serviceId, string network, string address);

    [LoggerMessage(107, LogLevel.Debug,
        "The host's last connection was lost; the plugin ends in {Seconds} s unless it comes back.")]
    public static partial void HostLost(this ILogger logger, double seconds);

    [LoggerMessage(108, LogLevel.Warning,
        "A connection to {Listener} was refused because {Most} are open. Further refusals are counted and reported once a minute.")]
    public static partial void ConnectionRefused(this ILogger logger, string listener, int most);

    [LoggerMessage(109, LogLevel.Warning, "{Refused} more connections to {Listener} were refused.")]
    public static partial void ConnectionsRefused(this ILogger logger, long refused, string listener);
}

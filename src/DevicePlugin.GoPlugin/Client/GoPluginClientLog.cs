using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin.Client;

internal static partial class GoPluginClientLog
{
    [LoggerMessage(150, LogLevel.Debug, "Started plugin '{FileName}' as process {ProcessId}.")]
    public static partial void PluginStarted(ILogger logger, string fileName, int processId);

    [LoggerMessage(151, LogLevel.Debug, "Plugin process {ProcessId} serves protocol {Version} at '{Address}'.")]
    public static partial void HandshakeRead(ILogger logger, int processId, int version, string address);

    [LoggerMessage(152, LogLevel.Warning, "Plugin process {ProcessId} exited unasked with code {ExitCode}.")]
    public static partial void PluginCrashed(ILogger logger, int processId, int exitCode);

    [LoggerMessage(153, LogLevel.Debug, "Shutdown was not answered: '{Code}' '{Detail}'.")]
    public static partial void ShutdownNotAnswered(ILogger logger, StatusCode code, string detail);

    [LoggerMessage(154, LogLevel.Warning, "Plugin process {ProcessId} was killed: it did not exit within {Limit} of Shutdown.")]
    public static partial void PluginKilled(ILogger logger, int processId, TimeSpan limit);

    [LoggerMessage(155, LogLevel.Debug, "Plugin process {ProcessId} exited with code {ExitCode} after Shutdown.")]
    public static partial void PluginExited(ILogger logger, int processId, int exitCode);

    [LoggerMessage(156, LogLevel.Debug, "The plugin offers no GRPCStdio: '{Code}'.")]
    public static partial void StdioNotOffered(ILogger logger, StatusCode code);

    [LoggerMessage(157, LogLevel.Debug, "The plugin's GRPCStdio ended: '{Code}' '{Detail}'.")]
    public static partial void StdioEnded(ILogger logger, StatusCode code, string detail);

    [LoggerMessage(158, LogLevel.Error, "Reading what plugin process {ProcessId} prints failed; the rest is lost.")]
    public static partial void RelayFailed(ILogger logger, Exception exception, int processId);
}

using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware;

/// <summary>Event ids 370 to 389: MPS.</summary>
internal static partial class HardwareLog
{
    [LoggerMessage(370, LogLevel.Information,
        "The MPS control daemon of sharing[{Block}] runs as process {Process} with {Gpus} GPUs; its clients find it in \"{Pipe}\".")]
    public static partial void MpsDaemonStarted(this ILogger logger, int block, int? process, int gpus, string pipe);

    [LoggerMessage(371, LogLevel.Information,
        "The MPS control daemon of sharing[{Block}] has been running as process {Process} and is taken up; its clients find it in \"{Pipe}\".")]
    public static partial void MpsDaemonTaken(this ILogger logger, int block, int? process, string pipe);

    [LoggerMessage(372, LogLevel.Warning,
        "The MPS control daemon of sharing[{Block}] cannot be had: {Reason}; the next try is in {Seconds} s.")]
    public static partial void MpsDaemonNotStarted(this ILogger logger, int block, string reason, double seconds);

    [LoggerMessage(373, LogLevel.Warning,
        "The MPS control daemon of sharing[{Block}] (process {Process}) has ended, its log is in \"{LogFolder}\"; it is restarted in {Seconds} s.")]
    public static partial void MpsDaemonDied(this ILogger logger, int block, int process, string logFolder, double seconds);

    [LoggerMessage(374, LogLevel.Warning,
        "The MPS control daemon of sharing[{Block}] (process {Process}) did not answer {Times} times and has no servers; it is killed and restarted.")]
    public static partial void MpsDaemonGivenUp(this ILogger logger, int block, int process, int times);

    [LoggerMessage(375, LogLevel.Warning,
        "An MPS control daemon runs for sharing[{Block}], and what was kept about it is lost; at its end its GPUs get the compute mode default.")]
    public static partial void MpsRecordMissing(this ILogger logger, int block);

    [LoggerMessage(376, LogLevel.Information, "The compute mode of {Gpu} is set to {Mode}.")]
    public static partial void ComputeModeSet(this ILogger logger, string gpu, string mode);

    [LoggerMessage(377, LogLevel.Warning, "The compute mode of {Gpu} cannot be set to {Mode}: {Reason}.")]
    public static partial void ComputeModeNotSet(this ILogger logger, string gpu, string mode, string reason);

    [LoggerMessage(378, LogLevel.Information,
        "The MPS control daemon of sharing[{Block}] has been ended and the compute modes are as before.")]
    public static partial void MpsPutBack(this ILogger logger, int block);

    [LoggerMessage(379, LogLevel.Warning, "The log \"{Path}\" cannot be emptied: {Reason}.")]
    public static partial void MpsLogNotCut(this ILogger logger, string path, string reason);

    [LoggerMessage(380, LogLevel.Warning, "MPS cannot be attended to; the next refresh tries again.")]
    public static partial void MpsPassFailed(this ILogger logger, Exception exception);

    public static void ComputeModeSet(this ILogger logger, string gpu, string mode, string? problem)
    {
        if (problem is null)
        {
            logger.ComputeModeSet(gpu, mode);
        }
        else
        {
            logger.ComputeModeNotSet(gpu, mode, problem);
        }
    }
}

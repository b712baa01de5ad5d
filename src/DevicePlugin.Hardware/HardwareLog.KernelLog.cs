using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware;

/// <summary>Event ids 310 to 319: the kernel log.</summary>
internal static partial class HardwareLog
{
    [LoggerMessage(310, LogLevel.Information,
        "The kernel log \"{Path}\" cannot be read ({Reason}); XIDs are seen only through the driver's events.")]
    public static partial void NoKernelLog(this ILogger logger, string path, string reason);

    [LoggerMessage(311, LogLevel.Warning,
        "The kernel log \"{Path}\" can no longer be read ({Reason}); XIDs are seen only through the driver's events.")]
    public static partial void KernelLogEnded(this ILogger logger, string path, string reason);

    [LoggerMessage(312, LogLevel.Error, "Reading the kernel log \"{Path}\" failed; XIDs are seen only through the driver's events.")]
    public static partial void KernelLogFailed(this ILogger logger, string path, Exception exception);

    [LoggerMessage(313, LogLevel.Warning,
        "The kernel log has XIDs for a GPU at \"{Address}\" that neither the driver nor the kernel lists; they count when it returns.")]
    public static partial void XidOfUnknownGpu(this ILogger logger, string address);
}

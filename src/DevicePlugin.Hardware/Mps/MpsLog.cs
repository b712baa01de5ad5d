using DevicePlugin.Hardware.Files;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Mps;

/// <summary>The daemon's log. It writes down every question, the plugin asks for years, and <c>/run</c> is memory.</summary>
internal static class MpsLog
{
    private const long MostBytes = 16 * 1024 * 1024;

    /// <summary>Empties a log that has become too long. The daemon appends to it, so that this may be done in place.</summary>
    public static void Cut(string folder, ILogger logger)
    {
        var path = Path.Combine(folder, "control.log");
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MostBytes })
            {
                PlainFile.Empty(path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.MpsLogNotCut(path, exception.Message);
        }
    }
}

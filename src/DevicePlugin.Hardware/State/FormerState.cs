using DevicePlugin.Hardware.Files;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.State;

/// <summary>State that earlier versions kept where a reboot deletes it.</summary>
public static class FormerState
{
    private const int MostBytes = 4 * 1024 * 1024;

    /// <summary>Moves the file, once: one that is in its new place already stands.</summary>
    public static void TakeOver(string name, string formerFolder, string folder, ILogger logger)
    {
        var from = Path.Combine(formerFolder, name);
        var to = Path.Combine(folder, name);
        if (from == to || File.Exists(to) || !File.Exists(from))
        {
            return;
        }

        try
        {
            // Another file system, mostly: what is written is whole before the other one goes. A link would have root copy any file
            // to where others may read it.
            AtomicFile.Write(to, PlainFile.Read(from, MostBytes, LinkRule.Refuse));
            File.Delete(from);
            logger.StateTakenOver(from, to);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.StateNotTakenOver(from, to, exception.Message);
        }
    }
}

using System.Text.Json;
using DevicePlugin.Gpu.Cordons;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.State;

/// <summary>
/// The cordons in a JSON file. Unlike other state it is never given up: a file that cannot be read may cordon any GPU, and
/// stays where it is until somebody mends or deletes it.
/// </summary>
public sealed class CordonFile(string path, ILogger logger)
{
    public const string Name = "cordons.json";

    private const long MostBytes = 1024 * 1024;

    /// <summary>Empty when there is none; one that cannot be read says so.</summary>
    public CordonRecord Load()
    {
        try
        {
            var file = new FileInfo(path);
            return !file.Exists ? CordonRecord.Empty
                : file.Length > MostBytes ? Unusable($"it has more than {MostBytes} bytes")
                : CordonJson.Read(File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return CordonRecord.Empty;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return Unusable(exception.Message);
        }
    }

    /// <summary>Null when it is kept, else why not.</summary>
    public string? Save(CordonRecord record)
    {
        try
        {
            AtomicFile.Write(path, CordonJson.Write(record), AtomicFile.PublicMode);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"the cordons cannot be kept in \"{path}\": {exception.Message}";
        }
    }

    private CordonRecord Unusable(string reason)
    {
        var problem = $"the cordons in \"{path}\" cannot be read ({reason.TrimEnd('.')}); correct or delete the file";
        logger.CordonsNotRead(problem);
        return CordonRecord.Empty with { Problem = problem };
    }
}

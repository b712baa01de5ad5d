using System.Text.Json;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Hardware.Files;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.State;

/// <summary>
/// The cordons in a JSON file. Unlike other state it is never given up: a file that cannot be read may cordon any GPU, and
/// stays where it is until somebody mends or deletes it.
/// </summary>
public sealed class CordonFile(string path, ILogger logger)
{
    public const string Name = "cordons.json";

    private const int MostBytes = 1024 * 1024;

    private string? _told;

    /// <summary>Whether a file that is written may take the place of the one that is there; null: it may.</summary>
    public Func<bool>? MayReplace { get; init; }

    /// <summary>Empty when there is none; one that cannot be read says so.</summary>
    public CordonRecord Load()
    {
        try
        {
            var record = CordonJson.Read(PlainFile.Read(path, MostBytes));
            _told = null;
            return record;
        }
        catch (FileNotFoundException)
        {
            _told = null;
            return CordonRecord.Empty with { IsMissing = true };
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
            AtomicFile.Write(path, CordonJson.Write(record), AtomicFile.PublicMode, MayReplace);
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
        if (problem != _told)
        {
            logger.CordonsNotRead(problem);
        }

        _told = problem;
        return CordonRecord.Empty with { Problem = problem };
    }
}

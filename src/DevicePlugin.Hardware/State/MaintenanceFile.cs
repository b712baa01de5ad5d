using System.Collections.Immutable;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.DeviceNodes;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.State;

/// <summary>A file by which an operator takes the driver away from the plugin, and says why.</summary>
public sealed class MaintenanceFile
{
    private const int MostCharactersRead = 4096;
    private const int MostCharacters = 200;
    private const string ResetAll = "reset";

    private readonly string _path;
    private readonly string? _formerPath;
    private readonly ILogger _logger;
    private readonly Func<string, FileStatus?> _readStatus;
    private bool _isFormerTold;
    private string? _distrust;

    /// <param name="path">Where it is.</param>
    /// <param name="formerPath">Where it was in earlier versions, if it is heeded there too.</param>
    /// <param name="logger">Hears of a file at the former path, and of lines that are not heeded.</param>
    public MaintenanceFile(string path, string? formerPath, ILogger logger)
        : this(path, formerPath, logger, FileStatus.Read)
    {
    }

    internal MaintenanceFile(string path, string? formerPath, ILogger logger, Func<string, FileStatus?> readStatus)
    {
        _path = path;
        _formerPath = formerPath;
        _logger = logger;
        _readStatus = readStatus;
    }

    /// <summary>What it says, nothing when it may not be read; null while there is no such file.</summary>
    public Maintenance? Read()
    {
        if (Read(_path) is { } here)
        {
            return here;
        }

        if (_formerPath is null || _formerPath == _path || Read(_formerPath) is not { } former)
        {
            return null;
        }

        if (!_isFormerTold)
        {
            _isFormerTold = true;
            _logger.MaintenanceFileIsFormer(_formerPath, _path);
        }

        return former;
    }

    private Maintenance? Read(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            // To open a pipe waits for whoever writes into it.
            if (_readStatus(file) is { IsRegularFile: false })
            {
                return new Maintenance("");
            }

            using var reader = new StreamReader(file, new FileStreamOptions { BufferSize = 0 });
            var buffer = new char[MostCharactersRead + 1];
            return Understand(file, new string(buffer.AsSpan(0, reader.ReadBlock(buffer))));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is there, and that is what counts.
            return new Maintenance("");
        }
    }

    private Maintenance Understand(string file, string text)
    {
        var maintenance = new Maintenance(OneLine(text));
        var lines = text.Split('\n', StringSplitOptions.TrimEntries);
        var resets = lines.Select(ResetGpu).OfType<string>().ToImmutableArray();
        if (!lines.Contains(ResetAll, StringComparer.Ordinal) && resets.IsEmpty)
        {
            return maintenance;
        }

        return IsTrusted(file, text) ? maintenance with { Resets = resets, ResetsAll = lines.Contains(ResetAll, StringComparer.Ordinal) }
            : maintenance;
    }

    private static string? ResetGpu(string line) =>
        line.Split(' ') is [ResetAll, var uuid] && DeviceUuid.IsPathComponent(uuid) ? uuid : null;

    /// <summary>Everybody may ask for maintenance who can write the file; that a GPU was reset only root can say.</summary>
    private bool IsTrusted(string file, string text)
    {
        // Where it was cut off, "reset GPU-..." may have become "reset".
        var distrust = text.Length > MostCharactersRead ? $"it has more than {MostCharactersRead} characters"
            : new FileInfo(file).LinkTarget is not null ? "it is a link"
            : _readStatus(file) switch
            {
                null => "its owner is not known",
                { Owner: not 0 } status => $"it belongs to user {status.Owner} and not to root",
                { IsWritableByOthers: true } => "others than root may write it",
                _ => null,
            };
        if (distrust is not null && distrust != _distrust)
        {
            _logger.ResetLinesIgnored(file, distrust);
        }

        _distrust = distrust;
        return distrust is null;
    }

    private static string OneLine(string text)
    {
        var words = text.Split(
            (char[]?)null, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var line = string.Concat(string.Join(' ', words).Where(c => !char.IsControl(c)));
        return line.Length <= MostCharacters ? line : line[..MostCharacters];
    }
}

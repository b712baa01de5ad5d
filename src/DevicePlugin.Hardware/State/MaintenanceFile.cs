using System.Collections.Immutable;
using System.Text;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.State;

/// <summary>A file by which an operator takes the driver away from the plugin, and says why.</summary>
public sealed class MaintenanceFile
{
    private const int MostBytes = 4096;
    private const string ResetAll = "reset";

    private readonly string _path;
    private readonly string? _formerPath;
    private readonly ILogger _logger;
    private readonly Func<string, FileStatus?> _readStatus;
    private bool _isFormerTold;

    // By path: there may be a second file, whose trouble is another one.
    private readonly Dictionary<string, string> _distrust = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _unread = new(StringComparer.Ordinal);

    /// <param name="path">Where it is.</param>
    /// <param name="formerPath">Where it was in earlier versions, if it is heeded there too.</param>
    /// <param name="logger">Hears of a file at the former path, and of lines that are not heeded.</param>
    public MaintenanceFile(string path, string? formerPath, ILogger logger)
        : this(path, formerPath, logger, FileStatus.ReadLink)
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
            // The next one of this name is another file.
            _unread.Remove(file);
            _distrust.Remove(file);
            return null;
        }

        try
        {
            // Whoever may put a link here would have the first line of any file shown to all users of Nomad.
            var text = PlainFile.ReadStart(file, MostBytes, out var isWhole, LinkRule.Refuse);
            return Understand(file, Encoding.UTF8.GetString(text), isWhole);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (IsDanglingLink(file))
            {
                return null;
            }

            // It is there, and that is what counts.
            TellUnread(file, exception.Message);
            return new Maintenance("");
        }
    }

    private static bool IsDanglingLink(string file) =>
        OperatingSystem.IsLinux() && FileStatus.ReadLink(file) is { IsLink: true } && FileStatus.Read(file) is null;

    private void TellUnread(string file, string reason)
    {
        if (_unread.GetValueOrDefault(file) != reason)
        {
            _logger.MaintenanceFileNotRead(file, reason.TrimEnd('.'));
        }

        _unread[file] = reason;
    }

    private Maintenance Understand(string file, string text, bool isWhole)
    {
        _unread.Remove(file);
        var maintenance = new Maintenance(OneLine.Of(text, OneLine.MostReason));
        var lines = text.Split('\n', StringSplitOptions.TrimEntries);
        var resets = lines.Select(ResetGpu).OfType<string>().ToImmutableArray();
        if (!lines.Contains(ResetAll, StringComparer.Ordinal) && resets.IsEmpty)
        {
            return maintenance;
        }

        return IsTrusted(file, isWhole) ? maintenance with { Resets = resets, ResetsAll = lines.Contains(ResetAll, StringComparer.Ordinal) }
            : maintenance;
    }

    private static string? ResetGpu(string line) =>
        line.Split(' ') is [ResetAll, var uuid] && DeviceUuid.IsPathComponent(uuid) ? uuid : null;

    /// <summary>Everybody may ask for maintenance who can write the file; that a GPU was reset only root can say.</summary>
    private bool IsTrusted(string file, bool isWhole)
    {
        // Where it was cut off, "reset GPU-..." may have become "reset".
        var distrust = !isWhole ? $"it has more than {MostBytes} bytes"
            : _readStatus(file) switch
            {
                null => "its owner is not known",
                { IsLink: true } => "it is a link",
                { Owner: not 0 } status => $"it belongs to user {status.Owner} and not to root",
                { IsWritableByOthers: true } => "others than root may write it",
                _ => null,
            };
        if (distrust is null)
        {
            _distrust.Remove(file);
            return true;
        }

        if (_distrust.GetValueOrDefault(file) != distrust)
        {
            _logger.ResetLinesIgnored(file, distrust);
        }

        _distrust[file] = distrust;
        return false;
    }
}

using System.Globalization;
using System.Text;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.State;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.TimeSlicing;

/// <summary>
/// The GPUs that the plugin gave a time slice, one UUID a line after those with version and boot, so that a later process can put them back. It is no more
/// than a memory: what is wrong with it is a warning.
/// </summary>
internal sealed class TimeSliceFile(string path, string? bootId, ILogger logger)
{
    private const int MostBytes = 64 * 1024;

    private const string VersionPrefix = "version ";
    private const int Version = 1;
    private const string BootPrefix = "boot ";
    private const string NewerSuffix = ".newer";

    private bool _isFailing;

    public string Path => path;

    /// <summary>Whether the last save was kept.</summary>
    public bool IsKept => !_isFailing;

    /// <summary>Lines that are no UUID are dropped: they would become arguments of a program.</summary>
    public HashSet<string> Load()
    {
        var uuids = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            var lines = PlainFile.ReadText(path, MostBytes).Split('\n');
            if (lines.Any(IsOfNewerVersion))
            {
                logger.StateMovedAside(
                    path, "a newer version of the plugin wrote it", path + NewerSuffix, "the GPUs that were given a time slice");
                File.Move(path, path + NewerSuffix, overwrite: true);
            }
            else if (!IsOfAnotherBoot(lines))
            {
                uuids.UnionWith(lines.Where(DeviceUuid.IsPathComponent));
            }
        }
        catch (FileNotFoundException)
        {
            // Nothing was to be remembered.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.TimeSlicesNotKept(path, exception.Message);
        }

        return uuids;
    }

    private static bool IsOfNewerVersion(string line) =>
        line.StartsWith(VersionPrefix, StringComparison.Ordinal)
        && (!int.TryParse(line.AsSpan(VersionPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            || version > Version);

    private bool IsOfAnotherBoot(string[] lines) => bootId is not null && lines.Any(line =>
        line.StartsWith(BootPrefix, StringComparison.Ordinal)
        && line.Length > BootPrefix.Length && line[BootPrefix.Length..] != bootId);

    public void Save(HashSet<string> uuids)
    {
        try
        {
            // No file is needed to remember nothing.
            if (uuids.Count > 0 || File.Exists(path))
            {
                var lines = (uuids.Count > 0 ? uuids.Order(StringComparer.Ordinal).Prepend(BootPrefix + bootId).Prepend($"{VersionPrefix}{Version}") : [])
                    .Select(line => line + "\n");
                AtomicFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(lines)));
            }

            if (_isFailing)
            {
                logger.StateWrittenAgain(path);
            }

            _isFailing = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isFailing)
            {
                logger.TimeSlicesNotKept(path, exception.Message);
            }

            _isFailing = true;
        }
    }
}

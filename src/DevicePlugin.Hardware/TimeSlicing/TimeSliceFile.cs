using System.Text;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.State;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.TimeSlicing;

/// <summary>
/// The GPUs that the plugin gave a time slice, one UUID a line after the one with the boot, so that a later process can put them back. It is no more
/// than a memory: what is wrong with it is a warning.
/// </summary>
internal sealed class TimeSliceFile(string path, string? bootId, ILogger logger)
{
    private const int MostBytes = 64 * 1024;

    private const string BootPrefix = "boot ";

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
            if (!IsOfAnotherBoot(lines))
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

    private bool IsOfAnotherBoot(string[] lines) => bootId is not null
        && lines is [var first, ..] && first.StartsWith(BootPrefix, StringComparison.Ordinal)
        && first.Length > BootPrefix.Length && first[BootPrefix.Length..] != bootId;

    public void Save(HashSet<string> uuids)
    {
        try
        {
            // No file is needed to remember nothing.
            if (uuids.Count > 0 || File.Exists(path))
            {
                var lines = (uuids.Count > 0 ? uuids.Order(StringComparer.Ordinal).Prepend(BootPrefix + bootId) : [])
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

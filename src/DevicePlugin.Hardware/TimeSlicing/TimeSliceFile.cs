using System.Text;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.State;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.TimeSlicing;

/// <summary>
/// The GPUs that the plugin gave a time slice, one UUID a line after the one with the boot, so that a later process can put them back. It is no more
/// than a memory: what is wrong with it is a warning.
/// </summary>
internal sealed class TimeSliceFile(string path, string? bootId, ILogger logger)
{
    private const long MostBytes = 64 * 1024;

    private const string BootPrefix = "boot ";

    public string Path => path;

    /// <summary>Lines that are no UUID are dropped: they would become arguments of a program.</summary>
    public HashSet<string> Load()
    {
        var uuids = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            if (File.Exists(path) && new FileInfo(path).Length <= MostBytes)
            {
                var lines = File.ReadAllLines(path);
                if (!IsOfAnotherBoot(lines))
                {
                    uuids.UnionWith(lines.Where(DeviceUuid.IsPathComponent));
                }
            }
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
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.TimeSlicesNotKept(path, exception.Message);
        }
    }
}

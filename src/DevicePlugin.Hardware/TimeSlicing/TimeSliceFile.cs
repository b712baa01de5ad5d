using System.Text;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.State;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.TimeSlicing;

/// <summary>
/// The GPUs that the plugin gave a time slice, one UUID a line, so that a later process can put them back. It is no more
/// than a memory: what is wrong with it is a warning.
/// </summary>
internal sealed class TimeSliceFile(string path, ILogger logger)
{
    private const long MostBytes = 64 * 1024;

    public string Path => path;

    /// <summary>Lines that are no UUID are dropped: they would become arguments of a program.</summary>
    public HashSet<string> Load()
    {
        var uuids = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            if (File.Exists(path) && new FileInfo(path).Length <= MostBytes)
            {
                uuids.UnionWith(File.ReadAllLines(path).Where(DeviceUuid.IsPathComponent));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.TimeSlicesNotKept(path, exception.Message);
        }

        return uuids;
    }

    public void Save(HashSet<string> uuids)
    {
        try
        {
            // No file is needed to remember nothing.
            if (uuids.Count > 0 || File.Exists(path))
            {
                var lines = uuids.Order(StringComparer.Ordinal).Select(uuid => uuid + "\n");
                AtomicFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(lines)));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.TimeSlicesNotKept(path, exception.Message);
        }
    }
}

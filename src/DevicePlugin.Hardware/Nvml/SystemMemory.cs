using System.Globalization;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>The memory of a GPU that has none of its own.</summary>
/// <param name="TotalKiB">MemTotal.</param>
/// <param name="AvailableKiB">MemAvailable: page cache that could be dropped counts as free.</param>
internal readonly record struct SystemMemory(long TotalKiB, long AvailableKiB)
{
    public long TotalMiB => TotalKiB / 1024;

    public long AvailableMiB => AvailableKiB / 1024;

    public static SystemMemory? Read(string procRoot) =>
        TextFile.TryRead(Path.Combine(procRoot, "meminfo")) is { } text ? Parse(text) : null;

    internal static SystemMemory? Parse(string text) =>
        Find(text, "MemTotal:") is { } total && Find(text, "MemAvailable:") is { } available
            ? new SystemMemory(total, Math.Min(available, total))
            : null;

    private static long? Find(ReadOnlySpan<char> text, string key)
    {
        foreach (var line in text.EnumerateLines())
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                var value = line[key.Length..].Trim();
                var end = value.IndexOf(' ');
                return long.TryParse(end < 0 ? value : value[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes)
                    ? kibibytes
                    : null;
            }
        }

        return null;
    }
}

using System.Globalization;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>The memory of a GPU that has none of its own.</summary>
/// <param name="TotalMiB">MemTotal.</param>
/// <param name="AvailableMiB">MemAvailable: page cache that could be dropped counts as free.</param>
internal readonly record struct SystemMemory(long TotalMiB, long AvailableMiB)
{
    public static SystemMemory? Read(string procRoot) =>
        TextFile.TryRead(Path.Combine(procRoot, "meminfo")) is { } text ? Parse(text) : null;

    internal static SystemMemory? Parse(string text) =>
        Find(text, "MemTotal:") is { } total && Find(text, "MemAvailable:") is { } available
            ? new SystemMemory(total / 1024, Math.Min(available, total) / 1024)
            : null;

    private static long? Find(ReadOnlySpan<char> text, string key)
    {
        foreach (var line in text.EnumerateLines())
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                var value = line[key.Length..].Trim();
                var end = value.IndexOf(' ');
                return long.TryParse(end < 0 ? value : value[..end], CultureInfo.InvariantCulture, out var kibibytes)
                    ? kibibytes
                    : null;
            }
        }

        return null;
    }
}

using System.Globalization;

namespace DevicePlugin.Benchmarks.Soak;

/// <summary>What the plugin holds at the end of a minute, while every GPU is healthy.</summary>
/// <param name="Rss">KiB.</param>
/// <param name="Private">KiB that no other process has.</param>
/// <param name="Streams">Fingerprint and statistics streams, as the plugin counts them.</param>
internal sealed record SoakFigures(int Minute, long Rss, long Private, int Threads, int Descriptors, int Streams)
{
    public static SoakFigures Read(int minute, SoakPlugin plugin, int streams)
    {
        var memory = plugin.ReadMemory();
        return new SoakFigures(
            minute, memory.Rss, memory.Private, Directory.GetDirectories($"/proc/{plugin.Id}/task").Length,
            Directory.GetFileSystemEntries($"/proc/{plugin.Id}/fd").Length, streams);
    }

    /// <summary>What has grown from the first third of the minutes to the last; empty where nothing has.</summary>
    public static IReadOnlyList<string> FindGrowth(IReadOnlyList<SoakFigures> minutes)
    {
        var part = Math.Max(1, minutes.Count / 3);
        var (first, last) = (minutes.Take(part).ToList(), minutes.TakeLast(part).ToList());
        return
        [
            .. Judge("threads", first, last, figures => figures.Threads, 1, 2),
            .. Judge("descriptors", first, last, figures => figures.Descriptors, 1, 2),
            // The garbage collector returns memory only now and then.
            .. Judge("private memory (KiB)", first, last, figures => figures.Private, 1.15, 1024),
        ];
    }

    private static IEnumerable<string> Judge(
        string name, List<SoakFigures> first, List<SoakFigures> last, Func<SoakFigures, long> figure, double factor, long more)
    {
        var (before, after) = (Median(first.Select(figure)), Median(last.Select(figure)));
        if (after > (before * factor) + more)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{name}: from {before} to {after}");
        }
    }

    private static long Median(IEnumerable<long> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}

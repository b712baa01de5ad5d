using System.Globalization;

namespace DevicePlugin.Benchmarks.Soak;

/// <summary>What the plugin holds at the end of a minute, while every GPU is healthy.</summary>
/// <param name="Rss">KiB.</param>
/// <param name="Private">KiB that no other process has.</param>
/// <param name="Streams">Fingerprint and statistics streams, as the plugin counts them.</param>
internal sealed record SoakFigures(int Minute, long Rss, long Private, int Threads, int Descriptors, int Streams)
{
    public static SoakFigures Read(int minute, int process, int streams)
    {
        var kibibytes = File.ReadLines($"/proc/{process}/smaps_rollup").Skip(1)
            .Select(line => line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture));
        return new SoakFigures(
            minute, kibibytes["Rss"], kibibytes["Private_Clean"] + kibibytes["Private_Dirty"],
            Directory.GetDirectories($"/proc/{process}/task").Length, Directory.GetFileSystemEntries($"/proc/{process}/fd").Length,
            streams);
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
            // The heap is compacted now and then, and one minute in which it was not is no growth.
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

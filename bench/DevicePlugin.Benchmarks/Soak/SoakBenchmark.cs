using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using DevicePlugin.Benchmarks.Metrics;
using Spectre.Console;

namespace DevicePlugin.Benchmarks.Soak;

/// <summary>
/// Runs the plugin for a long time on a node with constant faults, a scraper and open status pages. The soak fails if a stream ends,
/// a sample is late, a device has the wrong health, or threads, descriptors or memory grow.
/// </summary>
internal static partial class SoakBenchmark
{
    private const int Pages = 2;

    private static readonly TimeSpan BetweenScrapes = TimeSpan.FromSeconds(5);

    /// <param name="ours">The executable.</param>
    /// <param name="repository">Where the mocks and the Go host are.</param>
    /// <param name="minutes">How long.</param>
    /// <param name="seed">Decides what happens when.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static async Task<int> RunAsync(
        Contender ours, string repository, int minutes, int seed, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Soak of {minutes} min. The same again: --part=soak --minutes={minutes} --seed={seed}");
        var port = MetricsBenchmark.FindPort();
        using var node = new SoakNode(repository, port);
        var contender = ours with { Configuration = node.Configuration, Environment = node.Environment };
        var config = await ConfigEncoder.EncodeAsync(
            Path.Combine(repository, "artifacts", "go", "host"), contender, cancellationToken);
        await using var plugin = new SoakPlugin(contender, config, node);
        var course = new SoakCourse(node, plugin, contender, new Random(seed));
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var figures = new List<SoakFigures>();
        try
        {
            await plugin.StartAsync(cancellationToken);
            await course.BeginAsync(cancellationToken);
            await PassAsync(plugin, course, http, figures, minutes, cancellationToken);
        }
        catch (SoakException error)
        {
            Console.WriteLine($"Failed in minute {figures.Count + 1}, in the step '{course.Current}': {error.Message}");
            return 1;
        }

        var growth = SoakFigures.FindGrowth(figures);
        Console.WriteLine(
            $"{plugin.Samples} samples, the longest pause between two was {plugin.LongestPause.TotalSeconds:0.0} s. " +
            $"Steps: {string.Join(", ", course.Counts.Select(count => $"{count.Value} x {count.Key}"))}.");
        Console.WriteLine(growth.Count == 0 ? "Nothing grew." : $"Failed: {string.Join("; ", growth)}");
        return growth.Count == 0 ? 0 : 1;
    }

    private static async Task PassAsync(
        SoakPlugin plugin, SoakCourse course, HttpClient http, List<SoakFigures> figures, int minutes,
        CancellationToken cancellationToken)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var clients = Enumerable.Range(0, Pages).Select(_ => ReadPageAsync(http, closing.Token))
            .Append(ScrapeAsync(http, closing.Token)).ToList();
        for (var minute = 1; minute <= minutes; minute++)
        {
            var begin = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(begin) < TimeSpan.FromMinutes(1))
            {
                await course.StepAsync(cancellationToken);
            }

            await course.CureAsync(cancellationToken);
            figures.Add(SoakFigures.Read(minute, plugin, await CountStreamsAsync(http, cancellationToken)));
            Show(figures[^1]);
        }

        await closing.CancelAsync();
        await Task.WhenAll(clients);
    }

    private static void Show(SoakFigures figures)
    {
        if (figures.Minute == 1)
        {
            Console.WriteLine("| minute | RSS, MB | private, MB | threads | descriptors | streams |\n|---|---|---|---|---|---|");
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {figures.Minute} | {figures.Rss / 976.5625:0.0} | {figures.Private / 976.5625:0.0} | {figures.Threads} | " +
            $"{figures.Descriptors} | {figures.Streams} |"));
    }

    private static async Task<int> CountStreamsAsync(HttpClient http, CancellationToken cancellationToken)
    {
        var text = await http.GetStringAsync("/metrics", cancellationToken);
        return StreamCount().Matches(text).Sum(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    private static async Task ScrapeAsync(HttpClient http, CancellationToken closing)
    {
        try
        {
            while (true)
            {
                await http.GetByteArrayAsync("/metrics", closing);
                await Task.Delay(BetweenScrapes, closing);
            }
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
        }
    }

    // Pages are closed and opened again during the run.
    private static async Task ReadPageAsync(HttpClient http, CancellationToken closing)
    {
        while (!closing.IsCancellationRequested)
        {
            using var closed = CancellationTokenSource.CreateLinkedTokenSource(closing);
            closed.CancelAfter(TimeSpan.FromSeconds(20));
            await MetricsBenchmark.ReadPageAsync(http, closed.Token);
        }
    }

    [GeneratedRegex(@"^nomad_device_gpu_streams\{[^}]*\} (\d+)$", RegexOptions.Multiline)]
    private static partial Regex StreamCount();
}

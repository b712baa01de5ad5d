using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Spectre.Console;

namespace DevicePlugin.Benchmarks.Metrics;

/// <summary>
/// What metrics and the status page cost: the same plugin without them and with ten open pages, side by side.
/// </summary>
internal static class MetricsBenchmark
{
    private const int Pages = 10;
    private const int Scrapes = 200;
    private const int NewSamples = 20;
    private const double KibibytesPerMegabyte = 1000 * 1000 / 1024.0;

    private static readonly TimeSpan BetweenSamples = TimeSpan.FromSeconds(1.1);

    public static async Task<int> RunAsync(
        Contender ours, string host, TimeSpan memoryAfter, CancellationToken cancellationToken)
    {
        var port = FindPort();
        var with = ours with
        {
            Configuration = $"{ours.Configuration}\nmetrics {{\n  address = \"127.0.0.1:{port}\"\n}}",
        };
        await using var plain = await LaunchAsync(ours, host, cancellationToken);
        await using var served = await LaunchAsync(with, host, cancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await WaitForAsync(http, cancellationToken);

        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pages = Enumerable.Range(0, Pages).Select(_ => ReadPageAsync(http, closing.Token)).ToList();
        var reading = plain.ReadSamplesAsync(memoryAfter, cancellationToken);
        await served.ReadSamplesAsync(memoryAfter, cancellationToken);
        await reading;
        var fresh = await ScrapeAsync(http, Scrapes, TimeSpan.Zero, cancellationToken);
        var written = await ScrapeAsync(http, NewSamples, BetweenSamples, cancellationToken);
        var (less, more) = (plain.ReadMemory(), served.ReadMemory());
        await closing.CancelAsync();
        await Task.WhenAll(pages);

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.Write(new Table().Border(TableBorder.Ascii)
            .AddColumn("metrics and ten open pages").AddColumn("without").AddColumn("with").AddColumn("target")
            .AddRow(
                "resident memory (RSS)", Megabytes(less.Rss), Megabytes(more.Rss),
                Judge((more.Rss - less.Rss) / KibibytesPerMegabyte, 12, "MB more"))
            .AddRow("resident memory (PSS)", Megabytes(less.Pss), Megabytes(more.Pss), "")
            .AddRow(
                "processor time", Milliseconds(less.Processor.TotalMilliseconds),
                Milliseconds(more.Processor.TotalMilliseconds), "")
            .AddRow($"scrape, median of {Scrapes}", "", Milliseconds(fresh), Judge(fresh, 3, "ms"))
            .AddRow($"scrape of a new sample, median of {NewSamples}", "", Milliseconds(written), Judge(written, 3, "ms")));
        return 0;
    }

    private static async Task<PluginProcess> LaunchAsync(
        Contender contender, string host, CancellationToken cancellationToken)
    {
        var config = await ConfigEncoder.EncodeAsync(host, contender, cancellationToken);
        var plugin = await PluginProcess.LaunchAsync(contender, cancellationToken);
        await plugin.ConfigureAsync(config, cancellationToken);
        await plugin.OpenStreamsAsync(cancellationToken);
        return plugin;
    }

    public static int FindPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task WaitForAsync(HttpClient http, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await http.GetStringAsync("/metrics", cancellationToken);
                return;
            }
            catch (HttpRequestException) when (attempt < 100)
            {
                await Task.Delay(20, cancellationToken);
            }
        }
    }

    /// <summary>Keeps a status page open until <paramref name="closing"/> is cancelled.</summary>
    public static async Task ReadPageAsync(HttpClient http, CancellationToken closing)
    {
        try
        {
            await http.GetStringAsync("/", closing);
            await using var events = await http.GetStreamAsync("/events", closing);
            await events.CopyToAsync(Stream.Null, closing);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
        }
    }

    private static async Task<double> ScrapeAsync(
        HttpClient http, int count, TimeSpan pause, CancellationToken cancellationToken)
    {
        var times = new List<double>(count);
        for (var scrape = 0; scrape < count; scrape++)
        {
            await Task.Delay(pause, cancellationToken);
            var begin = Stopwatch.GetTimestamp();
            await http.GetByteArrayAsync("/metrics", cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        times.Sort();
        return times[count / 2];
    }

    private static string Megabytes(long kibibytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{kibibytes / KibibytesPerMegabyte:0.0} MB");

    private static string Milliseconds(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} ms");

    private static string Judge(double value, double most, string unit) => string.Create(
        CultureInfo.InvariantCulture, $"at most {most} {unit}: {value:0.00}, {(value > most ? "missed" : "reached")}");
}

using System.Diagnostics;
using Spectre.Console;

namespace DevicePlugin.Benchmarks;

/// <summary>How long <c>doctor</c> takes on the mock's node, and the least that any command takes beside it.</summary>
internal static class DoctorBenchmark
{
    private static readonly TimeSpan Target = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(Contender ours, int runs, CancellationToken cancellationToken)
    {
        var doctor = new List<TimeSpan>(runs);
        var version = new List<TimeSpan>(runs);
        for (var run = -1; run < runs; run++)
        {
            // In turns, and the first ones do not count: they fill the page cache.
            var checks = await MeasureAsync(ours, "doctor", cancellationToken);
            var least = await MeasureAsync(ours, "version", cancellationToken);
            if (run >= 0)
            {
                doctor.Add(checks);
                version.Add(least);
            }
        }

        var table = new Table().Border(TableBorder.Ascii)
            .AddColumns($"of {runs} runs", "median", "slowest", "target");
        AddRow(table, "doctor, 8 GPUs", doctor, Median(doctor) <= Target ? "under 1 s: reached" : "under 1 s: missed");
        AddRow(table, "version", version, "");
        AnsiConsole.Write(table);
        return 0;
    }

    private static async Task<TimeSpan> MeasureAsync(
        Contender contender, string command, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(contender.Executable.FullName, [command]) { RedirectStandardOutput = true };
        foreach (var (name, value) in contender.Environment)
        {
            start.Environment[name] = value;
        }

        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return Stopwatch.GetElapsedTime(started);
    }

    private static void AddRow(Table table, string name, List<TimeSpan> times, string target) => table.AddRow(
        name, Milliseconds(Median(times)), Milliseconds(times.Max()), target);

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    private static string Milliseconds(TimeSpan time) => FormattableString.Invariant($"{time.TotalMilliseconds:0.0} ms");
}

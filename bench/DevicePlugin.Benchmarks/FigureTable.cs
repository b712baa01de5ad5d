using System.Globalization;
using Spectre.Console;

namespace DevicePlugin.Benchmarks;

/// <summary>The figures side by side, with what we set out to reach.</summary>
internal static class FigureTable
{
    private const double KibibytesPerMegabyte = 1000 * 1000 / 1024.0;

    public static Table Build(
        FileInfo ours, IReadOnlyList<LaunchFigures> ourLaunches, MemoryFigures ourMemory,
        FileInfo peer, IReadOnlyList<LaunchFigures> peerLaunches, MemoryFigures peerMemory)
    {
        var table = new Table().Border(TableBorder.Ascii)
            .AddColumn($"median of {ourLaunches.Count}")
            .AddColumn(new TableColumn(Markup.Escape(ours.Name)).RightAligned())
            .AddColumn(new TableColumn(Markup.Escape(peer.Name)).RightAligned())
            .AddColumn(new TableColumn("ratio").RightAligned())
            .AddColumn("target");

        Add(table, "launch to handshake line", Median(ourLaunches, run => run.Handshake),
            Median(peerLaunches, run => run.Handshake), "ms");
        Add(table, "launch to PluginInfo", Median(ourLaunches, run => run.Info),
            Median(peerLaunches, run => run.Info), "ms", mostRatio: 2);
        Add(table, "launch to first inventory and statistics", Median(ourLaunches, run => run.Serving),
            Median(peerLaunches, run => run.Serving), "ms");
        Add(table, "exit after Shutdown, streams open", Median(ourLaunches, run => run.Exit),
            Median(peerLaunches, run => run.Exit), "ms", most: 20);
        Add(table, "resident memory (RSS)", ourMemory.Rss / KibibytesPerMegabyte,
            peerMemory.Rss / KibibytesPerMegabyte, "MB", mostRatio: 1.3);
        Add(table, "resident memory (PSS)", ourMemory.Pss / KibibytesPerMegabyte,
            peerMemory.Pss / KibibytesPerMegabyte, "MB", mostRatio: 1.3);
        Add(table, "processor time with statistics", ourMemory.Processor.TotalMilliseconds,
            peerMemory.Processor.TotalMilliseconds, "ms");
        Add(table, "executable", ours.Length / (1024.0 * 1024), peer.Length / (1024.0 * 1024), "MiB", most: 16);
        return table;
    }

    private static void Add(
        Table table, string name, double ours, double peers, string unit, double? most = null, double? mostRatio = null)
    {
        var ratio = peers > 0 ? ours / peers : double.NaN;
        var target = most is { } limit ? FormattableString.Invariant($"at most {limit} {unit}")
            : mostRatio is { } factor ? FormattableString.Invariant($"at most {factor}x")
            : "";
        var missed = ours > most || ratio > mostRatio;
        table.AddRow(
            name, Number(ours, unit), Number(peers, unit),
            double.IsNaN(ratio) ? "" : FormattableString.Invariant($"{ratio:0.00}x"),
            target.Length == 0 ? "" : $"{target}: {(missed ? "missed" : "reached")}");
    }

    private static double Median(IReadOnlyList<LaunchFigures> runs, Func<LaunchFigures, TimeSpan> figure)
    {
        var sorted = runs.Select(run => figure(run).TotalMilliseconds).Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static string Number(double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {unit}");
}

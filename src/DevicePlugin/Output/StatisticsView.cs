using DevicePlugin.Nomad.Protocol;
using Spectre.Console;

namespace DevicePlugin.Output;

/// <summary>One sample of statistics for a person: a row for each device with what one looks at first, replicas together.</summary>
internal static class StatisticsView
{
    private static readonly (string Header, string Statistic)[] Columns =
    [
        ("GPU", "GPU utilization"),
        ("Power", "Power usage"),
        ("Temp", "Temperature"),
    ];

    // Memory of the largest boards; the reason of an unhealthy device is longer and would push the columns off the screen.
    private const int LongestSummary = 24;

    public static void Write(IAnsiConsole console, StatsResponse statistics)
    {
        var sorted = statistics.Groups.SelectMany(group => group.InstanceStats)
            .OrderBy(pair => pair.Key, Comparer<string>.Create(ReplicaRanges.Compare));
        var devices = ReplicaRanges.Fold(sorted, (one, other) => one.Equals(other));
        if (devices.Count == 0)
        {
            console.WriteLine("  No statistics.");
            return;
        }

        var names = DeviceNames.Shorten(devices.Select(row => row.Id).ToHashSet());
        // Another vendor's plugin has other statistics: a column that nobody fills would only take room.
        var columns = Columns
            .Where(column => devices.Any(row => Find(row.Device, column.Statistic) is not null))
            .ToList();
        var table = PlainTable.Create(["Device", "Summary", .. columns.Select(column => column.Header)]);
        foreach (var (id, device) in devices)
        {
            var summary = Summarize(device);
            string[] cells =
            [
                names[id],
                summary.Length <= LongestSummary ? summary : "see below",
                .. columns.Select(column => Find(device, column.Statistic) ?? "-"),
            ];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        PlainTable.Write(console, table);
        foreach (var (id, device) in devices.Where(row => Summarize(row.Device).Length > LongestSummary))
        {
            console.Write(new Text("  "));
            IndentedText.Write(console, 2, $"{names[id]}: {Summarize(device)}");
        }
    }

    private static string Summarize(DeviceStats device) => device.Summary is null ? "-" : ValueText.Of(device.Summary);

    private static string? Find(DeviceStats device, string statistic) =>
        device.Stats is { } stats && stats.Attributes.TryGetValue(statistic, out var value) ? ValueText.Of(value) : null;
}

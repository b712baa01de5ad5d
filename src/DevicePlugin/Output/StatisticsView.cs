using DevicePlugin.Nomad.Protocol;
using Spectre.Console;

namespace DevicePlugin.Output;

/// <summary>One sample of statistics for a person: a row for each device with what one looks at first.</summary>
internal static class StatisticsView
{
    private static readonly (string Header, string Statistic)[] Columns =
    [
        ("GPU", "GPU utilization"),
        ("Power", "Power usage"),
        ("Temp", "Temperature"),
    ];

    public static void Write(IAnsiConsole console, StatsResponse statistics)
    {
        var devices = statistics.Groups.SelectMany(group => group.InstanceStats)
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .ToList();
        if (devices.Count == 0)
        {
            console.WriteLine("  No statistics.");
            return;
        }

        var names = DeviceNames.Shorten(devices.Select(pair => pair.Key).ToHashSet());
        // Another vendor's plugin has other statistics: a column that nobody fills would only take room.
        var columns = Columns
            .Where(column => devices.Any(device => Find(device.Value, column.Statistic) is not null))
            .ToList();
        var table = PlainTable.Create(["Device", "Summary", .. columns.Select(column => column.Header)]);
        foreach (var (id, device) in devices)
        {
            var summary = device.Summary is null ? "-" : ValueText.Of(device.Summary);
            string[] cells = [names[id], summary, .. columns.Select(column => Find(device, column.Statistic) ?? "-")];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        PlainTable.Write(console, table);
    }

    private static string? Find(DeviceStats device, string statistic) =>
        device.Stats is { } stats && stats.Attributes.TryGetValue(statistic, out var value) ? ValueText.Of(value) : null;
}

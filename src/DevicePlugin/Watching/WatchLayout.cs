using System.Collections.Immutable;

namespace DevicePlugin.Watching;

/// <summary>Which columns fit into a width, and how wide each of them is.</summary>
internal static class WatchLayout
{
    public static ImmutableArray<(WatchColumn Column, int Width)> Fit(
        WatchColumns columns, IReadOnlyList<WatchRow> rows, int width)
    {
        var widths = Choose(columns, rows, width);
        var left = width - WidthOf(columns, widths);
        foreach (var column in columns.ByHunger)
        {
            if (left > 0 && widths.TryGetValue(column, out var least))
            {
                var more = Math.Clamp((column.Most ?? column.LongestText(rows)) - least, 0, left);
                widths[column] += more;
                left -= more;
            }
        }

        return [.. columns.All.Where(widths.ContainsKey).Select(column => (column, widths[column]))];
    }

    /// <summary>The chosen columns with the least width of each. The first one is always among them.</summary>
    private static Dictionary<WatchColumn, int> Choose(WatchColumns columns, IReadOnlyList<WatchRow> rows, int width)
    {
        var widths = new Dictionary<WatchColumn, int>(ReferenceEqualityComparer.Instance);
        foreach (var column in columns.ByImportance)
        {
            if (widths.TryGetValue(column, out var least))
            {
                var more = Math.Min(column.Comfortable, column.LongestText(rows)) - least;
                widths[column] += Math.Clamp(more, 0, Math.Max(width - WidthOf(columns, widths), 0));
                continue;
            }

            widths[column] = Math.Min(column.Least ?? column.LongestText(rows), width);
            if (widths.Count > 1 && WidthOf(columns, widths) > width)
            {
                widths.Remove(column);
            }
        }

        return widths;
    }

    private static int WidthOf(WatchColumns columns, Dictionary<WatchColumn, int> widths)
    {
        var width = 0;
        var gap = 0;
        foreach (var column in columns.All)
        {
            if (widths.TryGetValue(column, out var own))
            {
                width += gap + own;
                gap = column.GapAfter;
            }
        }

        return width;
    }
}

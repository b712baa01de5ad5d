namespace DevicePlugin.Watching;

/// <summary>Which columns fit into a width, and how wide each of them is.</summary>
internal sealed class WatchLayout
{
    private readonly WatchColumns _columns;
    private readonly int[] _widths;

    public WatchLayout(WatchColumns columns, IReadOnlyList<WatchRow> rows, int width)
    {
        _columns = columns;
        _widths = new int[columns.All.Length];
        Choose(rows, width);
        foreach (var column in columns.ByHunger)
        {
            Widen(column, column.Most ?? column.LongestText(rows), width);
        }
    }

    /// <summary>0 for a column that did not find room.</summary>
    public int WidthOf(WatchColumn column) => _widths[_columns.All.IndexOf(column)];

    // The first column is shown whatever the width.
    private void Choose(IReadOnlyList<WatchRow> rows, int width)
    {
        foreach (var column in _columns.ByImportance)
        {
            ref var own = ref _widths[_columns.All.IndexOf(column)];
            if (own > 0)
            {
                Widen(column, Math.Min(column.Comfortable, column.LongestText(rows)), width);
                continue;
            }

            var isFirst = TotalWidth() == 0;
            own = Math.Min(column.Least ?? column.LongestText(rows), width);
            if (!isFirst && TotalWidth() > width)
            {
                own = 0;
            }
        }
    }

    /// <summary>Gives a column that is shown what is left, up to a width.</summary>
    private void Widen(WatchColumn column, int most, int width)
    {
        ref var own = ref _widths[_columns.All.IndexOf(column)];
        if (own > 0)
        {
            own += Math.Clamp(most - own, 0, Math.Max(width - TotalWidth(), 0));
        }
    }

    private int TotalWidth()
    {
        var total = 0;
        var gap = 0;
        for (var i = 0; i < _widths.Length; i++)
        {
            if (_widths[i] > 0)
            {
                total += gap + _widths[i];
                gap = _columns.All[i].GapAfter;
            }
        }

        return total;
    }
}

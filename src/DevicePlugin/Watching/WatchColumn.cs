using Spectre.Console;

namespace DevicePlugin.Watching;

/// <summary>One column of the view.</summary>
internal sealed class WatchColumn
{
    public const int Gap = 2;

    public required string Header { get; init; }

    /// <summary>What a row says in it; empty where it has nothing to say.</summary>
    public required Func<WatchRow, string> Text { get; init; }

    /// <summary>The text with the largest number it can show: the width must not follow the values.</summary>
    public Func<WatchRow, string>? Widest { get; init; }

    /// <summary>Instead of the text, for a graphic of the given width.</summary>
    public Func<WatchRow, WatchCanvas, string>? Draw { get; init; }

    public Func<WatchRow, Style> Style { get; init; } = _ => Spectre.Console.Style.Plain;

    public bool IsRightAligned { get; init; }

    /// <summary>Spaces to the next column.</summary>
    public int GapAfter { get; init; } = Gap;

    /// <summary>The least width of a column that can do with less than its longest text; null for all others.</summary>
    public int? Least { get; init; }

    /// <summary>What it gets before less important columns get anything.</summary>
    public int Comfortable { get; init; }

    /// <summary>The most it takes when there is room; null for its longest text.</summary>
    public int? Most { get; init; }

    public int LongestText(IEnumerable<WatchRow> rows)
    {
        var longest = Header.Length;
        foreach (var row in rows)
        {
            longest = Math.Max(longest, (Widest ?? Text)(row).Length);
        }

        return longest;
    }
}

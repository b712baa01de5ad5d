namespace DevicePlugin.Watching;

/// <summary>The characters that graphics are made of.</summary>
internal sealed class WatchGlyphs
{
    public static readonly WatchGlyphs Unicode = new("▁▂▃▄▅▆▇█", '━', "╸", '─', " · ", "└ ", '…', "↑↓ PgUp PgDn");

    /// <summary>For a terminal that has only these.</summary>
    public static readonly WatchGlyphs Ascii = new("_.-:=+*#", '=', "", '-', " | ", "- ", '~', "arrows PgUp PgDn");

    private readonly string _levels;
    private readonly char _full;
    private readonly string _half;
    private readonly char _empty;
    private readonly char _more;

    private WatchGlyphs(
        string levels, char full, string half, char empty, string separator, string branch, char more, string scrollKeys)
    {
        _levels = levels;
        _full = full;
        _half = half;
        _empty = empty;
        Separator = separator;
        Branch = branch;
        ScrollKeys = scrollKeys;
        _more = more;
    }

    public string Separator { get; }

    /// <summary>Before a MIG instance.</summary>
    public string Branch { get; }

    public string ScrollKeys { get; }

    /// <summary>By the variables that name the character set, in the order in which the C library looks at them.</summary>
    public static WatchGlyphs ForTerminal(Func<string, string?> environment)
    {
        // The font of Linux's own console has few of the block characters.
        if (environment("TERM") == "linux")
        {
            return Ascii;
        }

        foreach (var name in new[] { "LC_ALL", "LC_CTYPE", "LANG" })
        {
            if (environment(name) is { Length: > 0 } locale)
            {
                return locale.Replace("-", "", StringComparison.Ordinal)
                    .Contains("UTF8", StringComparison.OrdinalIgnoreCase) ? Unicode : Ascii;
            }
        }

        return OperatingSystem.IsWindows() ? Unicode : Ascii;
    }

    /// <summary>The text, or as much of it as fits, with a mark that there is more.</summary>
    public string Fit(string text, int width) => text.Length <= width ? text : text[..Math.Max(width - 1, 0)] + _more;

    /// <summary>A blank where there is no value, which a GPU at rest has.</summary>
    public char Level(double? percent) => percent is { } value
        ? _levels[Math.Clamp((int)(value / 100 * _levels.Length), 0, _levels.Length - 1)]
        : ' ';

    /// <param name="part">From 0 to 1.</param>
    /// <param name="width">In characters; a bar is exact to half of one.</param>
    public string Bar(double part, int width)
    {
        var halves = (int)Math.Round(Math.Clamp(part, 0, 1) * width * 2);
        return (new string(_full, halves / 2) + (halves % 2 == 1 ? _half : "")).PadRight(width, _empty);
    }
}

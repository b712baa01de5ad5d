using System.Collections.Immutable;
using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Nomad.Configuration;
using Spectre.Console;

namespace DevicePlugin.Watching;

/// <summary>
/// Draws a snapshot for a size of terminal. Spectre lays out and styles the lines; its own live display rewrites all of
/// them each time and does not survive a resize, so who shows them is <see cref="TerminalScreen"/>.
/// </summary>
internal sealed class WatchView
{
    private const int SmallestWithFooter = 3;
    private const int SmallestWithTitle = 4;
    private const int ReasonIndent = 4;
    private const int NarrowWidth = 40;

    private static readonly Style Dim = new(decoration: Decoration.Dim);
    private static readonly Style Bad = new(Color.Red);

    private readonly WatchGlyphs _glyphs;
    private readonly WatchColumns _columns;
    private readonly bool _hasKeys;
    private readonly StringBuilder _written = new();
    private readonly IAnsiConsole _console;

    /// <param name="glyphs">What the terminal can show.</param>
    /// <param name="hasKeys">Whether there is a keyboard to tell about.</param>
    /// <param name="ansi">No styles at all for <see cref="AnsiSupport.No"/>.</param>
    public WatchView(WatchGlyphs glyphs, bool hasKeys, AnsiSupport ansi)
    {
        _glyphs = glyphs;
        _columns = new WatchColumns(glyphs);
        _hasKeys = hasKeys;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(new StringWriter(_written) { NewLine = "\n" }),
            Ansi = ansi,
            ColorSystem = ansi == AnsiSupport.No ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
        });
    }

    /// <param name="offset">The wanted first line of the list; the frame says which one it could be.</param>
    public WatchFrame Render(WatchSnapshot snapshot, WatchSize size, int offset)
    {
        // The last column stays free: after a character in it terminals disagree about where the cursor is.
        _console.Profile.Width = Math.Max(size.Columns - 1, 1);
        var list = List(snapshot);
        var hasTitle = size.Lines >= SmallestWithTitle;
        var hasFooter = size.Lines >= SmallestWithFooter;
        var page = Math.Max(size.Lines - (hasTitle ? 1 : 0) - (hasFooter ? 1 : 0) - 1, 0);
        var first = Math.Clamp(offset, 0, Math.Max(list.Count - 1 - page, 0));

        var lines = ImmutableArray.CreateBuilder<string>(size.Lines);
        if (hasTitle)
        {
            lines.Add(Title(snapshot));
        }

        lines.Add(list[0]);
        lines.AddRange(list.Skip(1 + first).Take(page));
        while (lines.Count < size.Lines - (hasFooter ? 1 : 0))
        {
            lines.Add("");
        }

        if (hasFooter)
        {
            lines.Add(Footer(list.Count - 1, first, page));
        }

        return new WatchFrame(lines.ToImmutable(), first, page);
    }

    private string Title(WatchSnapshot snapshot)
    {
        var unhealthy = snapshot.Rows.Count(row => !row.Health.IsUsable);
        var pieces = new List<(string Text, Style Style)>
        {
            (PrintableText.Of(snapshot.Node), new Style(decoration: Decoration.Bold)),
            ($"{snapshot.Time:HH:mm:ss}", Style.Plain),
        };
        if (unhealthy > 0)
        {
            pieces.Add(($"{unhealthy} unhealthy", Bad));
        }

        if (snapshot.IsSimulated)
        {
            pieces.Add(("made-up GPUs", new Style(Color.Yellow)));
        }

        if (snapshot.Driver is { IsLoaded: true } driver)
        {
            pieces.Add(($"driver {driver.Version ?? "unknown"}", Style.Plain));
            pieces.Add(($"CUDA {driver.Cuda?.ToString() ?? "unknown"}", Style.Plain));
        }

        pieces.Add(($"every {GoDuration.Format(snapshot.Interval)}", Dim));
        return Joined(pieces);
    }

    // Pieces that do not fit are left out from the end.
    private string Joined(List<(string Text, Style Style)> pieces)
    {
        var line = new Paragraph { Overflow = Overflow.Crop };
        var left = _console.Profile.Width;
        foreach (var (text, style) in pieces)
        {
            var separator = left == _console.Profile.Width ? "" : _glyphs.Separator;
            if (separator.Length + text.Length > left && separator.Length > 0)
            {
                break;
            }

            line.Append(separator, Dim).Append(Cut(text, left), style);
            left -= separator.Length + text.Length;
        }

        return Lines(line)[0];
    }

    private string Footer(int count, int first, int page)
    {
        var pieces = new List<(string, Style)>();
        if (count > page)
        {
            pieces.Add(($"lines {first + 1}-{first + page} of {count}", Style.Plain));
        }

        if (_hasKeys)
        {
            pieces.Add(("q quits", Dim));
            if (count > page)
            {
                pieces.Add(($"{_glyphs.ScrollKeys} scroll", Dim));
            }
        }

        return Joined(pieces);
    }

    /// <summary>The header of the table, its rows, and under an unhealthy device why it is.</summary>
    private List<string> List(WatchSnapshot snapshot)
    {
        if (snapshot.Rows.IsEmpty)
        {
            return ["", .. Why(snapshot)];
        }

        var table = Lines(Table(snapshot));
        var list = new List<string> { table[0] };
        for (var i = 0; i < snapshot.Rows.Length; i++)
        {
            var health = snapshot.Rows[i].Health;
            list.Add(table[i + 1]);
            if (health.State != HealthState.Healthy && health.Description.Length > 0)
            {
                list.AddRange(Reason(health));
            }
        }

        return list;
    }

    private string[] Why(WatchSnapshot snapshot) => snapshot.Driver switch
    {
        null => Lines(new Text("Looking for GPUs ...", Dim)),
        { IsLoaded: true } => Lines(new Text("This node has no GPUs.")),
        { } driver => Lines(new Text(
            PrintableText.Of($"No driver ({DriverStateWord.Of(driver.State)}): {driver.Reason}"), Bad)),
    };

    private string[] Reason(DeviceHealth health)
    {
        var indent = _console.Profile.Width < NarrowWidth ? 1 : ReasonIndent;
        return Lines(new Padder(new Text(PrintableText.Of(health.Description), Bad), new Padding(indent, 0, 0, 0)));
    }

    private Table Table(WatchSnapshot snapshot)
    {
        var layout = WatchLayout.Fit(_columns, snapshot.Rows, _console.Profile.Width);
        var table = new Table { Border = TableBorder.None, ShowRowSeparators = false };
        for (var i = 0; i < layout.Length; i++)
        {
            var (column, width) = layout[i];
            table.AddColumn(new TableColumn(Cell(column.Header, width, Dim))
            {
                Width = width,
                NoWrap = true,
                Padding = new Padding(0, 0, i < layout.Length - 1 ? column.GapAfter : 0, 0),
                Alignment = column.IsRightAligned ? Justify.Right : Justify.Left,
            });
        }

        foreach (var row in snapshot.Rows)
        {
            table.AddRow(layout.Select(chosen =>
            {
                var canvas = new WatchCanvas(chosen.Width, snapshot.Time, snapshot.Interval, _glyphs);
                var text = chosen.Column.Draw?.Invoke(row, canvas) ?? chosen.Column.Text(row);
                return Cell(text, chosen.Width, chosen.Column.Style(row));
            }));
        }

        return table;
    }

    private Text Cell(string text, int width, Style style) =>
        new(Cut(PrintableText.Of(text), width), style) { Overflow = Overflow.Crop };

    private string Cut(string text, int width) => text.Length <= width ? text : _glyphs.Shorten(text, width);

    private string[] Lines(Spectre.Console.Rendering.IRenderable renderable)
    {
        _console.Write(renderable);
        return Take();
    }

    private string[] Take()
    {
        var lines = _written.ToString().TrimEnd('\n').Split('\n');
        _written.Clear();
        return lines;
    }
}

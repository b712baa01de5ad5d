using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Output;
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
    private static readonly Style Odd = new(Color.Yellow);

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

        var lines = new List<string>(size.Lines);
        if (hasTitle)
        {
            lines.Add(Title(snapshot));
        }

        lines.AddRange([list[0], .. list.Skip(1 + first).Take(page)]);
        while (lines.Count < size.Lines - (hasFooter ? 1 : 0))
        {
            lines.Add("");
        }

        if (hasFooter)
        {
            lines.Add(Footer(list.Count - 1, first, page));
        }

        return new WatchFrame([.. lines], first, page);
    }

    private string Title(WatchSnapshot snapshot)
    {
        var unhealthy = snapshot.Rows.Count(row => !row.Health.IsUsable);
        var line = new PieceLine(_glyphs, _console.Profile.Width);
        line.Append(PrintableText.Of(snapshot.Node), new Style(decoration: Decoration.Bold));
        line.Append($"{snapshot.Time:HH:mm:ss}", Style.Plain);
        if (unhealthy > 0)
        {
            line.Append($"{unhealthy} unhealthy", Bad);
        }

        var reported = snapshot.Rows.Count(row => row.Health.State == HealthState.Reported);
        if (reported > 0)
        {
            line.Append($"{reported} {HealthStateWord.Of(HealthState.Reported)}", Odd);
        }

        if (snapshot.IsSimulated)
        {
            line.Append("simulated GPUs", new Style(Color.Yellow));
        }

        if (snapshot.Driver is { IsLoaded: true } driver)
        {
            line.Append($"driver {driver.Version ?? "unknown"}", Style.Plain);
            line.Append($"CUDA {driver.Cuda?.ToString() ?? "unknown"}", Style.Plain);
        }

        line.Append($"every {GoDuration.Format(snapshot.Interval)}", Dim);
        return Lines(line.Text)[0];
    }

    private string Footer(int count, int first, int page)
    {
        var line = new PieceLine(_glyphs, _console.Profile.Width);
        if (count > page)
        {
            line.Append($"lines {first + 1}-{first + page} of {count}", Style.Plain);
        }

        if (_hasKeys)
        {
            line.Append("q quits", Dim);
        }

        if (_hasKeys && count > page)
        {
            line.Append($"{_glyphs.ScrollKeys} scroll", Dim);
        }

        return Lines(line.Text)[0];
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
        var layout = new WatchLayout(_columns, snapshot.Rows, _console.Profile.Width);
        var shown = _columns.All.Where(column => layout.WidthOf(column) > 0).ToList();
        var table = new Table { Border = TableBorder.None, ShowRowSeparators = false };
        foreach (var column in shown)
        {
            var width = layout.WidthOf(column);
            table.AddColumn(new TableColumn(Cell(column.Header, width, Dim))
            {
                Width = width,
                NoWrap = true,
                Padding = new Padding(0, 0, column == shown[^1] ? 0 : column.GapAfter, 0),
                Alignment = column.IsRightAligned ? Justify.Right : Justify.Left,
            });
        }

        foreach (var row in snapshot.Rows)
        {
            table.AddRow(shown.Select(column =>
            {
                var canvas = new WatchCanvas(layout.WidthOf(column), snapshot.Time, snapshot.Interval, _glyphs);
                var text = column.Draw?.Invoke(row, canvas) ?? column.Text(row);
                return Cell(text, canvas.Width, column.Style(row));
            }));
        }

        return table;
    }

    private Text Cell(string text, int width, Style style) =>
        new(_glyphs.Fit(PrintableText.Of(text), width), style) { Overflow = Overflow.Crop };

    private string[] Lines(Spectre.Console.Rendering.IRenderable renderable)
    {
        _console.Write(renderable);
        var lines = _written.ToString().TrimEnd('\n').Split('\n');
        _written.Clear();
        return lines;
    }
}

using Spectre.Console;

namespace DevicePlugin.Watching;

/// <summary>A line of pieces, the more important first; the first that does not fit and all after it are left out.</summary>
internal sealed class PieceLine(WatchGlyphs glyphs, int width)
{
    private int _left = width;
    private bool _isEmpty = true;

    public Paragraph Text { get; } = new() { Overflow = Overflow.Crop };

    public void Append(string piece, Style style)
    {
        var separator = _isEmpty ? "" : glyphs.Separator;
        if (_isEmpty || separator.Length + piece.Length <= _left)
        {
            Text.Append(separator, new Style(decoration: Decoration.Dim)).Append(glyphs.Fit(piece, _left), style);
            _isEmpty = false;
            _left -= separator.Length + piece.Length;
        }
        else
        {
            _left = 0;
        }
    }
}

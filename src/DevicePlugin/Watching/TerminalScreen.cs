using System.Globalization;
using System.Text;

namespace DevicePlugin.Watching;

/// <summary>
/// The terminal while a view has it: the alternate screen without cursor, of which only changed lines are written. What
/// was there before is back when this is disposed.
/// </summary>
internal sealed class TerminalScreen(Stream output) : IDisposable
{
    // Alternate screen, no cursor, no wrap at the right edge.
    private const string Enter = "\e[?1049h\e[?25l\e[?7l";

    // The other way round. First of all ends an update that may have been cut off; the last two undo what .NET tells a
    // terminal before it reads a key (cursor and numeric keys in application mode).
    private const string Leave = "\e[?2026l\e[0m\e[?7h\e[?25h\e[?1049l\e[?1l\e>";

    // A terminal that knows synchronized updates shows all of one at once; the others ignore the mode.
    private const string BeginUpdate = "\e[?2026h";
    private const string EndUpdate = "\e[?2026l";
    private const string Clear = "\e[0m\e[2J";
    private const string EraseToEndOfLine = "\e[K";

    private static readonly TimeSpan LongestFrame = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private string[] _shown = [];
    private bool _isEntered;
    private bool _isDisposed;

    /// <summary>Shows the lines. Everything is redrawn when the number of lines changes.</summary>
    /// <exception cref="IOException">The terminal is gone.</exception>
    public void Draw(string[] lines)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            var changes = Changes(lines);
            if (changes.Length > 0)
            {
                Write($"{(_isEntered ? "" : Enter)}{BeginUpdate}{changes}{EndUpdate}");
                _isEntered = true;
            }

            _shown = lines;
        }
    }

    /// <summary>The next frame is written in full: the terminal has another size, or was used by others.</summary>
    public void Invalidate()
    {
        lock (_gate)
        {
            _shown = [];
        }
    }

    public void Dispose()
    {
        // A terminal that takes nothing more holds a frame up, and must not hold the end of the process up.
        if (!_gate.TryEnter(LongestFrame))
        {
            return;
        }

        try
        {
            _isDisposed = true;
            if (_isEntered)
            {
                _isEntered = false;
                TryWrite(Leave);
            }
        }
        finally
        {
            _gate.Exit();
        }
    }

    private StringBuilder Changes(string[] lines)
    {
        var text = new StringBuilder();
        var isNew = _shown.Length != lines.Length;
        if (isNew)
        {
            text.Append(Clear);
        }

        for (var i = 0; i < lines.Length; i++)
        {
            if (isNew || _shown[i] != lines[i])
            {
                text.Append(CultureInfo.InvariantCulture, $"\e[{i + 1};1H").Append(lines[i]).Append(EraseToEndOfLine);
            }
        }

        return text;
    }

    private void TryWrite(string text)
    {
        try
        {
            Write(text);
        }
        catch (IOException)
        {
            // The terminal is gone, and with it what was to be tidied up.
        }
    }

    private void Write(string text)
    {
        output.Write(Encoding.UTF8.GetBytes(text));
        output.Flush();
    }
}

using System.Buffers;
using System.Text;

namespace DevicePlugin.GoPlugin.Client;

/// <summary>
/// Reads lines of a stranger's stream. A line longer than the limit comes in pieces, as go-plugin's own host breaks it
/// (client.go, 64 KB), so that a plugin cannot fill the host's memory.
/// </summary>
internal sealed class LineReader(Stream stream)
{
    private const int MaximumLength = 64 * 1024;

    private readonly byte[] _buffer = new byte[4096];
    private readonly ArrayBufferWriter<byte> _line = new();
    private int _start;
    private int _end;

    /// <summary>Null at the end of the stream.</summary>
    public async ValueTask<string?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var unread = _buffer.AsMemory(_start, _end - _start);
            var newline = unread.Span.IndexOf((byte)'\n');
            var taken = newline < 0 ? unread : unread[..newline];
            taken = taken[..Math.Min(taken.Length, MaximumLength - _line.WrittenCount)];
            _line.Write(taken.Span);
            _start += taken.Length;
            if (newline == taken.Length)
            {
                _start++;
                return TakeLine();
            }

            if (_line.WrittenCount == MaximumLength)
            {
                return TakeLine();
            }

            _start = 0;
            _end = await stream.ReadAsync(_buffer, cancellationToken);
            if (_end == 0)
            {
                return _line.WrittenCount > 0 ? TakeLine() : null;
            }
        }
    }

    private string TakeLine()
    {
        var text = Encoding.UTF8.GetString(_line.WrittenSpan).TrimEnd('\r');
        _line.ResetWrittenCount();
        return text;
    }
}

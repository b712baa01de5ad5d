using System.Text;

namespace DevicePlugin.Output;

/// <summary>
/// For messages on stderr. A failed write is ignored, since it cannot be reported anywhere. Messages may quote a file, a tool or the
/// driver, so unprintable characters are replaced.
/// </summary>
internal sealed class TolerantWriter(TextWriter target) : TextWriter
{
    public override Encoding Encoding => target.Encoding;

    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void WriteLine(string? value) => Write($"{value}{CoreNewLine.AsSpan()}".AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        try
        {
            target.Write(PrintableText.LinesOf(buffer.ToString()));
            target.Flush();
        }
        catch (Exception exception) when (exception is IOException or ArgumentOutOfRangeException)
        {
            // A full disk or a closed terminal; .NET reports EFBIG (ulimit -f) as ArgumentOutOfRangeException.
        }
    }
}

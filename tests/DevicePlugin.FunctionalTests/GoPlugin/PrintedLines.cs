using System.Text;
using DevicePlugin.GoPlugin.Handshake;

namespace DevicePlugin.FunctionalTests.GoPlugin;

/// <summary>The plugin's stdout.</summary>
internal sealed class PrintedLines : TextWriter
{
    private readonly StringBuilder _text = new();
    private readonly TaskCompletionSource<HandshakeLine> _handshake =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Encoding Encoding => Encoding.UTF8;

    public Task<HandshakeLine> Handshake => _handshake.Task;

    public string Text => _text.ToString();

    public override void Write(char value)
    {
        _text.Append(value);
        if (value == '\n' && HandshakeLine.TryParse(Text, out var line, out _))
        {
            _handshake.TrySetResult(line);
        }
    }
}

using System.Threading.Channels;

namespace DevicePlugin.Watching;

/// <summary>The view on a terminal, from the first frame until somebody has seen enough.</summary>
internal sealed class LiveView(WatchView view, TerminalScreen screen, Func<WatchSize> readSize)
{
    private readonly Channel<WatchInput> _inputs = Channel.CreateUnbounded<WatchInput>();
    private WatchSnapshot? _snapshot;
    private WatchSize _size;
    private int _offset;
    private int _page;

    public ChannelWriter<WatchInput> Inputs => _inputs.Writer;

    public void Show(WatchSnapshot snapshot)
    {
        Volatile.Write(ref _snapshot, snapshot);
        _inputs.Writer.TryWrite(WatchInput.Sample);
    }

    /// <summary>Until the input to quit, or cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _inputs.Reader.WaitToReadAsync(cancellationToken))
        {
            // A terminal that is slower than its keyboard gets one frame for all that came meanwhile.
            while (_inputs.Reader.TryRead(out var input))
            {
                if (input == WatchInput.Quit)
                {
                    return;
                }

                Apply(input);
            }

            Draw();
        }
    }

    private void Apply(WatchInput input)
    {
        switch (input)
        {
            case WatchInput.Redraw:
                screen.Invalidate();
                break;
            case WatchInput.LineUp:
                Scroll(-1);
                break;
            case WatchInput.LineDown:
                Scroll(1);
                break;
            case WatchInput.PageUp:
                Scroll(-_page);
                break;
            case WatchInput.PageDown:
                Scroll(_page);
                break;
            case WatchInput.Top:
                Scroll(-int.MaxValue);
                break;
            case WatchInput.Bottom:
                Scroll(int.MaxValue);
                break;
        }
    }

    private void Scroll(int lines) =>
        _offset = (int)Math.Clamp((long)_offset + lines, 0, int.MaxValue);

    private void Draw()
    {
        if (Volatile.Read(ref _snapshot) is not { } snapshot)
        {
            return;
        }

        var size = readSize();
        if (size != _size)
        {
            _size = size;
            screen.Invalidate();
        }

        var frame = view.Render(snapshot, size, _offset);
        (_offset, _page) = (frame.Offset, frame.Page);
        screen.Draw(frame.Lines);
    }
}

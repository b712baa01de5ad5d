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

    /// <summary>Until the input to quit, the terminal is gone, or cancelled.</summary>
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

            try
            {
                Draw();
            }
            catch (IOException)
            {
                return;
            }
        }
    }

    private void Apply(WatchInput input)
    {
        if (input == WatchInput.Redraw)
        {
            screen.Invalidate();
        }

        _offset = input.Scroll(_offset, _page);
    }

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

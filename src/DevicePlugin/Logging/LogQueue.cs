namespace DevicePlugin.Logging;

/// <summary>
/// Lines on the way to a stream whose reader may stop reading. Whoever adds one never waits: what does not fit is dropped and counted,
/// and the count is told in its place as soon as there is room again.
/// </summary>
/// <param name="stream">Written by one thread, which may be left behind in a write.</param>
/// <param name="tellDropped">Makes the line that tells how many were dropped.</param>
internal sealed class LogQueue(Stream stream, Func<long, byte[]> tellDropped) : IDisposable
{
    // Some thousand lines.
    public const int MostBytes = 1024 * 1024;

    // Nomad kills a plugin that lives longer than 2 s after Shutdown.
    private static readonly TimeSpan CloseLimit = TimeSpan.FromMilliseconds(200);

    private readonly object _gate = new();
    private readonly Queue<byte[]> _lines = new();
    private Thread? _writer;
    private long _bytes;
    private long _dropped;
    private bool _isClosed;

    public void Add(byte[] line)
    {
        lock (_gate)
        {
            if (_isClosed || _bytes + line.Length > MostBytes)
            {
                _dropped++;
                return;
            }

            TellDropped();
            Enqueue(line);
            if (_writer is null)
            {
                _writer = new Thread(Run) { IsBackground = true, Name = "log" };
                _writer.Start();
            }
        }
    }

    /// <summary>Waits for the lines to be written, but not for a reader who has stopped.</summary>
    public void Dispose()
    {
        Thread? writer;
        lock (_gate)
        {
            _isClosed = true;
            Monitor.Pulse(_gate);
            writer = _writer;
        }

        writer?.Join(CloseLimit);
    }

    private void Run()
    {
        while (Take() is { } line)
        {
            try
            {
                stream.Write(line);
                stream.Flush();
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException or UnauthorizedAccessException)
            {
                // The stream is closed, or its disk is full: nobody can be told here.
            }
        }
    }

    /// <summary>Waits for a line. Null when the queue is closed and empty.</summary>
    private byte[]? Take()
    {
        lock (_gate)
        {
            if (_lines.Count == 0)
            {
                TellDropped();
            }

            while (_lines.Count == 0)
            {
                if (_isClosed)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }

            var line = _lines.Dequeue();
            _bytes -= line.Length;
            return line;
        }
    }

    private void TellDropped()
    {
        if (_dropped > 0)
        {
            Enqueue(tellDropped(_dropped));
            _dropped = 0;
        }
    }

    private void Enqueue(byte[] line)
    {
        _lines.Enqueue(line);
        _bytes += line.Length;
        Monitor.Pulse(_gate);
    }
}

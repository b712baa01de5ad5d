using System.Text;
using DevicePlugin.Logging;

namespace DevicePlugin.UnitTests.Executable;

internal sealed class LogQueueTests
{
    private static readonly byte[] Line = [.. Enumerable.Repeat((byte)'x', 999), (byte)'\n'];

    [Test]
    public void Add_StreamIsStuck_NeverWaitsAndTellsWhatIsMissingInItsPlace()
    {
        using var stream = new StuckStream();
        var queue = new LogQueue(stream, lines => Encoding.UTF8.GetBytes($"{lines} missing\n"));
        const int Added = 3000;
        for (var i = 0; i < Added; i++)
        {
            queue.Add(Line);
        }

        stream.Release();
        stream.Written.Wait(TimeSpan.FromSeconds(30));
        queue.Dispose();

        var text = stream.Text;
        var missing = long.Parse(text.Split('\n')[^2].Split(' ')[0]);
        Assert.That(text, Does.EndWith($"{missing} missing\n"), "after what was there before");
        Assert.That(text.Split('\n').Count(line => line.Length == 999) + missing, Is.EqualTo(Added));
        Assert.That(missing, Is.GreaterThan(1900), "a mebibyte is kept");
    }

    [Test]
    public void Dispose_StreamIsStuck_Returns()
    {
        using var stream = new StuckStream();
        var queue = new LogQueue(stream, _ => []);
        queue.Add(Line);

        queue.Dispose();
        queue.Add(Line);

        Assert.That(stream.Text, Is.Empty);
        stream.Release();
    }

    [Test]
    public void Dispose_WritesWhatIsOnItsWay()
    {
        using var stream = new StuckStream();
        stream.Release();
        var queue = new LogQueue(stream, _ => []);
        queue.Add("last words\n"u8.ToArray());

        queue.Dispose();

        Assert.That(stream.Text, Is.EqualTo("last words\n"));
    }

    [Test]
    public void Add_StreamFails_GoesOn()
    {
        using var stream = new StuckStream { Fails = true };
        stream.Release();
        using var queue = new LogQueue(stream, _ => []);

        Assert.That(() => queue.Add(Line), Throws.Nothing);
        Assert.That(stream.Written.Wait(TimeSpan.FromSeconds(30)), Is.True);
        stream.Fails = false;
        queue.Add("again\n"u8.ToArray());
        queue.Dispose();

        Assert.That(stream.Text, Does.EndWith("again\n"));
    }

    /// <summary>Its writes wait until it is released.</summary>
    private sealed class StuckStream : Stream
    {
        private readonly ManualResetEventSlim _open = new();
        private readonly MemoryStream _written = new();
        private volatile bool _fails;

        /// <summary>Set by the line that tells of missing ones, and by a failure.</summary>
        public ManualResetEventSlim Written { get; } = new();

        public bool Fails
        {
            get => _fails;
            set => _fails = value;
        }

        public string Text
        {
            get
            {
                lock (_written)
                {
                    return Encoding.UTF8.GetString(_written.ToArray());
                }
            }
        }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Release() => _open.Set();

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            _open.Wait();
            if (Fails)
            {
                Written.Set();
                throw new IOException("No space left on device");
            }

            lock (_written)
            {
                _written.Write(buffer, offset, count);
            }

            if (buffer.AsSpan(offset, count).EndsWith("missing\n"u8))
            {
                Written.Set();
            }
        }
    }
}

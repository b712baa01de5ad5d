using DevicePlugin.GoPlugin.Stdio;

namespace DevicePlugin.Output;

/// <summary>
/// Standard output that is a pipe or a file. A command that is in the middle of its work must not fail because nobody reads of it any
/// more: the first error is kept for the end, and what comes after it is dropped.
/// </summary>
internal sealed class AnswerStream : Stream
{
    /// <summary>What came in the way of the answer; null while nothing did.</summary>
    public IOException? Trouble { get; private set; }

    /// <summary>For a command that would go on for ever: an error is thrown at once.</summary>
    public bool Throws { get; set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Trouble is not null && !Throws)
        {
            return;
        }

        try
        {
            StandardStreams.WriteOutput(buffer);
        }
        catch (IOException exception)
        {
            Trouble ??= exception;
            if (Throws)
            {
                throw;
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Each write goes out at once.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

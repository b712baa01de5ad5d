using DevicePlugin.GoPlugin.Stdio;

namespace DevicePlugin.Output;

/// <summary>
/// Standard output that is a pipe or a file. A command must not stop halfway because its reader is gone: the first error is reported
/// at the end, and later output is dropped.
/// </summary>
internal sealed class AnswerStream : Stream
{
    /// <summary>The first error; null if all output was written.</summary>
    public IOException? Trouble { get; private set; }

    /// <summary>For commands that run until interrupted: errors are thrown immediately.</summary>
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

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>
/// Cuts what is read into lines. The kernel gives a record at a time and a whole one; a file or a pipe gives what fits, and the
/// end of it may be the middle of a line.
/// </summary>
internal sealed class RecordBuffer
{
    // Twice what the kernel may give at once (CONSOLE_EXT_LOG_MAX and PRINTK_MESSAGE_MAX are 8192 at most). It refuses to
    // give a record in parts.
    private const int Size = 64 * 1024;

    private readonly byte[] _bytes = new byte[Size];
    private int _filled;
    private int _taken;

    /// <summary>Where the next bytes are to go.</summary>
    public Span<byte> Free
    {
        get
        {
            if (_taken > 0)
            {
                _bytes.AsSpan(_taken.._filled).CopyTo(_bytes);
                (_filled, _taken) = (_filled - _taken, 0);
            }

            if (_filled > Size / 2)
            {
                // No record is as long as this.
                _filled = 0;
            }

            return _bytes.AsSpan(_filled);
        }
    }

    public void Fill(int length) => _filled += length;

    /// <summary>The next whole line, without its end.</summary>
    public bool TryTake(out ReadOnlySpan<byte> line)
    {
        var rest = _bytes.AsSpan(_taken.._filled);
        var end = rest.IndexOf((byte)'\n');
        line = end < 0 ? default : rest[..end];
        _taken += end < 0 ? 0 : end + 1;
        return end >= 0;
    }
}

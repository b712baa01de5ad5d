using System.Buffers.Text;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>
/// A record of <c>/dev/kmsg</c>, <c>priority,sequence,microseconds,flags;text</c>, of which later kernels may have more
/// fields before the semicolon (Documentation/ABI/testing/dev-kmsg).
/// </summary>
internal readonly ref struct KernelLogRecord
{
    private const int PriorityBits = 3;

    private KernelLogRecord(long sequence, long microseconds, bool isTrusted, ReadOnlySpan<byte> text)
    {
        Sequence = sequence;
        Microseconds = microseconds;
        IsTrusted = isTrusted;
        Text = text;
    }

    public long Sequence { get; }

    /// <summary>Since the machine booted, by a clock that drifts and that stands still while the machine is suspended.</summary>
    public long Microseconds { get; }

    /// <summary>
    /// Whether the kernel itself wrote it, as a whole line. Facility 0 cannot be written from user space; a fragment of a line
    /// may begin with anything, the name of a process too.
    /// </summary>
    public bool IsTrusted { get; }

    /// <summary>As the kernel writes it: control characters and backslashes are escaped.</summary>
    public ReadOnlySpan<byte> Text { get; }

    /// <summary>False for anything else, a continuation line among it: they begin with a space.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out KernelLogRecord record)
    {
        record = default;
        var end = line.IndexOf((byte)';');
        if (end < 0)
        {
            return false;
        }

        var fields = line[..end];
        if (!TryTakeNumber(ref fields, out var priority) || !TryTakeNumber(ref fields, out var sequence)
            || !TryTakeNumber(ref fields, out var microseconds))
        {
            return false;
        }

        var comma = fields.IndexOf((byte)',');
        var flags = comma < 0 ? fields : fields[..comma];
        record = new KernelLogRecord(
            sequence, microseconds, priority >> PriorityBits == 0 && flags.SequenceEqual("-"u8), line[(end + 1)..]);
        return true;
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<byte> fields, out long number)
    {
        if (!Utf8Parser.TryParse(fields, out number, out var length) || number < 0 || length >= fields.Length
            || fields[length] != ',')
        {
            return false;
        }

        fields = fields[(length + 1)..];
        return true;
    }
}

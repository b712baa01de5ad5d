using System.Text;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Text that NVML wrote into a buffer of ours. Nothing about it is taken for granted.</summary>
internal static class NvmlText
{
    public const int BufferSize = 96;

    /// <summary>
    /// The text up to the first NUL or the buffer's end. Null when nothing is left, or the text is invalid.
    /// </summary>
    public static string? Read(ReadOnlySpan<byte> buffer)
    {
        var end = buffer.IndexOf((byte)0);
        return PlainText.Name(Encoding.UTF8.GetString(end < 0 ? buffer : buffer[..end]));
    }

    /// <summary>Null for what cannot be an identity, or has no end.</summary>
    public static string? ReadUuid(ReadOnlySpan<byte> buffer)
    {
        var end = buffer.IndexOf((byte)0);
        return end < 0 ? null : PlainText.Uuid(Encoding.UTF8.GetString(buffer[..end]));
    }
}

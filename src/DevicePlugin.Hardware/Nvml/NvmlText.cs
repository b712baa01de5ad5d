using System.Text;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Text that NVML wrote into a buffer of ours. Nothing about it is taken for granted.</summary>
internal static class NvmlText
{
    public const int BufferSize = 96;

    private const int LongestUuid = 64;

    /// <summary>
    /// The text up to the first NUL or the buffer's end; what is not printable becomes a question mark. Null when
    /// nothing is left.
    /// </summary>
    public static string? Read(ReadOnlySpan<byte> buffer)
    {
        var end = buffer.IndexOf((byte)0);
        var text = Encoding.UTF8.GetString(end < 0 ? buffer : buffer[..end]);
        var clean = string.Create(text.Length, text, static (target, source) =>
        {
            for (var i = 0; i < source.Length; i++)
            {
                target[i] = char.IsControl(source[i]) || source[i] == '\uFFFD' ? '?' : source[i];
            }
        }).Trim();
        return clean.Length == 0 ? null : clean;
    }

    /// <summary>
    /// Null for what cannot be an identity. NVML's are <c>GPU-</c> or <c>MIG-</c> and 36 characters; before driver 470
    /// <c>MIG-GPU-.../gi/ci</c>; Tegra's have no prefix.
    /// </summary>
    public static string? ReadUuid(ReadOnlySpan<byte> buffer)
    {
        var end = buffer.IndexOf((byte)0);
        if (end is < 8 or > LongestUuid)
        {
            return null;
        }

        var text = buffer[..end];
        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit((char)character) && character is not ((byte)'-' or (byte)'/'))
            {
                return null;
            }
        }

        return Encoding.ASCII.GetString(text);
    }
}

using System.Buffers.Text;
using System.Text;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// A file <c>access</c> of the driver's capabilities, which gives the minor number of a node in <c>nvidia-caps</c>.
/// </summary>
internal static class CapabilityFile
{
    // Three short lines: DeviceFileMinor, DeviceFileMode, DeviceFileModify.
    private const int MostBytes = 512;
    private const int LargestMinor = (1 << 20) - 1;

    /// <summary>Null when the file is not there, may not be read or gives no number.</summary>
    public static int? ReadMinor(string path)
    {
        Span<byte> buffer = stackalloc byte[MostBytes];
        try
        {
            // Shared with everybody, which spares the lock that the runtime would take on the file.
            using var file = File.OpenHandle(path, share: FileShare.ReadWrite);
            return ParseMinor(buffer[..RandomAccess.Read(file, buffer, 0)]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }

    internal static int? ParseMinor(ReadOnlySpan<byte> text)
    {
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = Ascii.Trim(text[range]);
            if (text[range][line].StartsWith("DeviceFileMinor:"u8))
            {
                var value = text[range][line]["DeviceFileMinor:".Length..].TrimStart((byte)' ');
                return Utf8Parser.TryParse(value, out int minor, out var length)
                    && length == value.Length && minor is >= 0 and <= LargestMinor
                    ? minor
                    : null;
            }
        }

        return null;
    }
}

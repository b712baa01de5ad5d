using System.Buffers.Text;
using System.Text;
using DevicePlugin.Hardware.Files;

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
        try
        {
            return ParseMinor(PlainFile.ReadStart(path, MostBytes, out _));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
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

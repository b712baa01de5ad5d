using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Small files of the system that may not be there, or not be ours to read.</summary>
internal static class TextFile
{
    // The largest are other programs' settings and specs that doctor looks at.
    private const int MostBytes = 4 * 1024 * 1024;

    public static string? TryRead(string path)
    {
        try
        {
            return PlainFile.ReadText(path, MostBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

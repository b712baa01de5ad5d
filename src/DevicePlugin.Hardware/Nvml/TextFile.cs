namespace DevicePlugin.Hardware.Nvml;

/// <summary>Small files of the kernel that may not be there, or not be ours to read.</summary>
internal static class TextFile
{
    public static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

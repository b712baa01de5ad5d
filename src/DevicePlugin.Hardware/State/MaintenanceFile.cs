namespace DevicePlugin.Hardware.State;

/// <summary>A file by which an operator takes the driver away from the plugin, and says why.</summary>
public sealed class MaintenanceFile(string path)
{
    private const int MostBytes = 4096;
    private const int MostCharacters = 200;

    /// <summary>
    /// Its text in one line, empty when it has none or may not be read; null while there is no such file.
    /// </summary>
    public string? Read()
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var reader = new StreamReader(path, new FileStreamOptions { BufferSize = 0 });
            var buffer = new char[MostBytes];
            return OneLine(buffer.AsSpan(0, reader.ReadBlock(buffer)));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is there, and that is what counts.
            return "";
        }
    }

    private static string OneLine(ReadOnlySpan<char> text)
    {
        var words = new string(text).Split(
            (char[]?)null, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var line = string.Concat(string.Join(' ', words).Where(c => !char.IsControl(c)));
        return line.Length <= MostCharacters ? line : line[..MostCharacters];
    }
}

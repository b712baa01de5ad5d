using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Commands;

/// <summary>Files that are named on the command line, of limited size.</summary>
internal static class InputFile
{
    // A configuration takes some kilobytes.
    private const int MostBytes = 4 * 1024 * 1024;

    /// <summary>May be a pipe, as a shell makes of <c>&lt;(...)</c>.</summary>
    /// <exception cref="IOException">It is not there, has too many bytes, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours to read.</exception>
    public static byte[] Read(FileInfo file)
    {
        using var stream = file.OpenRead();
        var bytes = new byte[MostBytes + 1];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= MostBytes ? bytes[..length] : throw new IOException($"\"{file}\" has more than {MostBytes} bytes.");
    }

    /// <summary>Reads a file that is named itself, or found in the folder that is named, where nobody meant a pipe.</summary>
    public static Func<string, string> ReaderOf(string named) => path =>
    {
        try
        {
            return path == named
                ? new StreamReader(new MemoryStream(Read(new FileInfo(path)))).ReadToEnd()
                : PlainFile.ReadText(path, MostBytes);
        }
        catch (IOException exception) when (path != named)
        {
            throw new IOException($"\"{path}\": {exception.Message}", exception);
        }
    };
}

using System.Text;
using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Commands;

/// <summary>Files that are named on the command line, of limited size.</summary>
internal static class InputFile
{
    // A configuration takes some kilobytes.
    private const int MostBytes = 4 * 1024 * 1024;

    /// <summary>May be a pipe, as a shell makes of <c>&lt;(...)</c>.</summary>
    /// <exception cref="IOException">It is not there, has too many bytes, or cannot be read; the message names it.</exception>
    public static byte[] Read(FileInfo file, CancellationToken cancellationToken) => Read(
        file.ToString(), path => PatientFile.Read(path, MostBytes, PatientFile.PipeLimit, cancellationToken));

    /// <summary>Reads a file that is named itself, or found in the folder that is named, where nobody meant a pipe.</summary>
    public static Func<string, string> ReaderOf(string named, CancellationToken cancellationToken) => path =>
        TextOf(path == named ? Read(new FileInfo(path), cancellationToken) : Read(path, file => PlainFile.Read(file, MostBytes)));

    private static byte[] Read(string path, Func<string, byte[]> read)
    {
        try
        {
            return read(path);
        }
        catch (FileNotFoundException exception)
        {
            throw new IOException($"the file \"{path}\" does not exist", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"\"{path}\": {exception.Message.TrimEnd('.')}", exception);
        }
    }

    private static string TextOf(byte[] bytes) => new StreamReader(new MemoryStream(bytes), Encoding.UTF8).ReadToEnd();
}

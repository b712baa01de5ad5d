using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Hardware.Files;

/// <summary>Makes files with explicit modes, and never through what is already there.</summary>
internal static class NewFile
{
    /// <summary>For reading and writing, by others at the same time too.</summary>
    /// <param name="path">Of a file that does not exist; a link, even a dangling one, does.</param>
    /// <param name="mode">Whatever the umask is. There is no moment in which others have more rights.</param>
    /// <exception cref="IOException">It exists, or cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not ours to write.</exception>
    public static FileStream Create(string path, UnixFileMode mode)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0,
        };
        if (OperatingSystem.IsWindows())
        {
            return new FileStream(path, options);
        }

        options.UnixCreateMode = mode;
        var file = new FileStream(path, options);
        File.SetUnixFileMode(file.SafeFileHandle, mode);
        return file;
    }

    /// <exception cref="IOException">It is not written.</exception>
    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(file, bytes, 0);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            // What .NET makes of EFBIG: beyond ulimit -f, or more than the file system can hold in a file.
            throw new IOException("the file would be larger than the process or the file system allows", exception);
        }
    }
}

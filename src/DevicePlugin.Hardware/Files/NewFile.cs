using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Hardware.Files;

/// <summary>Creates files with explicit modes, and never follows or overwrites an existing file or link.</summary>
internal static class NewFile
{
    /// <summary>Creates a file for reading and writing. Other processes may open it meanwhile.</summary>
    /// <param name="path">Must not exist, not even as a dangling symlink.</param>
    /// <param name="mode">Independent of the umask. The file never has wider permissions, not even briefly.</param>
    /// <exception cref="IOException">The file exists or cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not writable.</exception>
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

    /// <exception cref="IOException">The bytes could not be written.</exception>
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

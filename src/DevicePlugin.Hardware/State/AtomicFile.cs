using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Hardware.State;

/// <summary>Files that others read while the plugin writes them, or that must be whole whenever the process ends.</summary>
public static class AtomicFile
{
    /// <summary>Readable by everybody, whatever the process's umask is.</summary>
    public const UnixFileMode PublicMode = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode AnyExecute =
        UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Writes a file beside <paramref name="path"/> and renames it; makes the folder if there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">All that it will have.</param>
    /// <param name="mode">Independent of the umask.</param>
    /// <param name="mayReplace">Asked when all but the rename is done, which is what may take long; null: it may.</param>
    /// <exception cref="IOException">It is not written, or perhaps not for good.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not ours to write.</exception>
    public static void Write(
        string path, ReadOnlySpan<byte> bytes, UnixFileMode mode = PublicMode, Func<bool>? mayReplace = null)
    {
        var folder = Path.GetDirectoryName(path)!;
        PlainFolder.Create(folder);
        var temporary = $"{path}.new";

        // Whatever is there, be it a link to somewhere else, is not written through.
        File.Delete(temporary);
        try
        {
            Create(temporary, bytes, mode);
            if (mayReplace?.Invoke() == false)
            {
                throw new IOException("writing it took so long that a plugin may have started meanwhile");
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }

        FolderSync.Flush(folder);
    }

    private static void Create(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        using var file = NewFile.Create(path, mode & ~AnyExecute);
        NewFile.Write(file.SafeFileHandle, bytes);

        // Not before it is whole: in a plugin_dir, an agent that starts at this moment would start it.
        if ((mode & AnyExecute) != 0 && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file.SafeFileHandle, mode);
        }

        // A rename that outlives a power failure while the content does not would leave an empty file.
        RandomAccess.FlushToDisk(file.SafeFileHandle);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Why it could not be written is what counts; the next attempt deletes it first.
        }
    }
}

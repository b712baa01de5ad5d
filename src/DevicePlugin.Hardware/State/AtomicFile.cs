namespace DevicePlugin.Hardware.State;

/// <summary>Files that others read while the plugin writes them, or that must be whole whenever the process ends.</summary>
internal static class AtomicFile
{
    /// <summary>Readable by everybody, whatever the process's umask is.</summary>
    public const UnixFileMode PublicMode = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes a file beside <paramref name="path"/> and renames it; makes the folder if there is none.</summary>
    /// <param name="mode">Null: what the umask leaves.</param>
    public static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode? mode = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.new";

        // Whatever is there, be it a link to somewhere else, is not written through.
        File.Delete(temporary);
        using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
        {
            if (mode is { } wanted && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file.SafeFileHandle, wanted);
            }

            file.Write(bytes);

            // A rename that outlives a power failure while the content does not would leave an empty file.
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}

namespace DevicePlugin.Hardware.Files;

/// <summary>
/// Creates folders with explicit modes. With umask 0, every user could write records that root trusts; with a strict umask, programs
/// that read them could not.
/// </summary>
public static class PlainFolder
{
    public const UnixFileMode PublicMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Creates the folder and missing parents; an existing folder keeps its mode.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="mode">The mode of the folder itself; new parents are readable by everyone.</param>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">A parent is not writable.</exception>
    public static void Create(string path, UnixFileMode mode = PublicMode)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        if (Directory.Exists(folder))
        {
            return;
        }

        if (Path.GetDirectoryName(folder) is { Length: > 0 } parent)
        {
            Create(parent);
        }

        // mkdir applies the umask, so the mode may have to be restored.
        Directory.CreateDirectory(folder, mode);
        if (File.GetUnixFileMode(folder) != mode)
        {
            File.SetUnixFileMode(folder, mode);
        }
    }
}

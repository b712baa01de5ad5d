namespace DevicePlugin.Hardware.Files;

/// <summary>
/// Makes folders with explicit modes. With the umask alone, a service manager that sets none would have everybody write records that
/// root trusts, and a strict one would lock out the programs that read them.
/// </summary>
public static class PlainFolder
{
    public const UnixFileMode PublicMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Makes the folder and its parents where they are missing; one that exists keeps its mode.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="mode">Of the folder itself; its parents are readable by everybody.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">A parent is not ours to write.</exception>
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

        // The umask can only take rights away here, and they are given back.
        Directory.CreateDirectory(folder, mode);
        if (File.GetUnixFileMode(folder) != mode)
        {
            File.SetUnixFileMode(folder, mode);
        }
    }
}

namespace DevicePlugin.Doctor;

/// <summary>Whether the plugin may write into a folder, which it creates if necessary.</summary>
/// <param name="IsGiven">Whether it may.</param>
/// <param name="Seen">What was seen, for people.</param>
internal readonly record struct FolderAccess(bool IsGiven, string Seen)
{
    public static FolderAccess Of(Examination node, string folder)
    {
        if (node.Files.HasFile(folder))
        {
            return new FolderAccess(false, $"{folder} is a file");
        }

        if (node.Files.HasFolder(folder))
        {
            return IsWritable(node, folder)
                ? new FolderAccess(true, $"{folder} is writable")
                : new FolderAccess(false, $"{folder} is not writable by {Environment.UserName}");
        }

        var parent = Path.GetDirectoryName(folder);
        while (parent is not null && !node.Files.HasFolder(parent))
        {
            parent = Path.GetDirectoryName(parent);
        }

        return parent is not null && IsWritable(node, parent)
            ? new FolderAccess(true, $"{folder} does not exist yet and can be created")
            : new FolderAccess(false, $"{folder} does not exist and cannot be created by {Environment.UserName}");
    }

    // .NET knows the rights of Windows' folders only by trying.
    private static bool IsWritable(Examination node, string folder) =>
        OperatingSystem.IsWindows() || node.Files.MayWrite(folder);
}

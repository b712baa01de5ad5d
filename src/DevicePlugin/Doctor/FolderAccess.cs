namespace DevicePlugin.Doctor;

/// <summary>Whether the plugin may write into a folder, which it makes where there is none.</summary>
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
                ? new FolderAccess(true, $"{folder} may be written")
                : new FolderAccess(false, $"{folder} may not be written by {Environment.UserName}");
        }

        var parent = Path.GetDirectoryName(folder);
        while (parent is not null && !node.Files.HasFolder(parent))
        {
            parent = Path.GetDirectoryName(parent);
        }

        return parent is not null && IsWritable(node, parent)
            ? new FolderAccess(true, $"{folder} is not there yet and can be made")
            : new FolderAccess(false, $"{folder} is not there and cannot be made by {Environment.UserName}");
    }

    // .NET knows the rights of Windows' folders only by trying.
    private static bool IsWritable(Examination node, string folder) =>
        OperatingSystem.IsWindows() || node.Files.MayWrite(folder);
}

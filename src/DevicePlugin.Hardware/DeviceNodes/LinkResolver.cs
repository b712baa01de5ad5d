namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>Follows links of a file tree that has a root of its own, such as a driver container's.</summary>
internal static class LinkResolver
{
    private const int MostLinks = 8;

    /// <summary>
    /// The file behind <paramref name="path"/>, a path below <paramref name="root"/>. An absolute target counts from the
    /// root. Null when there is no file, or a link leads out of the root.
    /// </summary>
    public static string? Resolve(string root, string path)
    {
        var inside = root.EndsWith('/') ? root : root + "/";
        try
        {
            for (var link = 0; link <= MostLinks && path.StartsWith(inside, StringComparison.Ordinal); link++)
            {
                var file = new FileInfo(path);
                if (file.LinkTarget is not { } target)
                {
                    return file.Exists ? path : null;
                }

                path = Path.GetFullPath(
                    target.StartsWith('/') ? inside + target.TrimStart('/') : Path.Combine(file.DirectoryName!, target));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What may not be followed cannot be handed out either.
        }

        return null;
    }
}

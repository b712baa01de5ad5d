namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>Follows links of a file tree that has a root of its own, such as a driver container's.</summary>
internal static class LinkResolver
{
    private const int MostLinks = 16;

    /// <summary>
    /// The file behind <paramref name="path"/>, a path below <paramref name="root"/>, without a link in any of its parts. An absolute
    /// target counts from the root. Null when there is no file, or a link leads out of the root.
    /// </summary>
    public static string? Resolve(string root, string path)
    {
        var inside = Path.TrimEndingDirectorySeparator(root);
        if (!path.StartsWith(inside == "/" ? "/" : inside + "/", StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            var parts = new Stack<string>(Split(path[inside.Length..]));
            return Walk(inside, parts) is { } file && File.Exists(file) ? file : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What may not be followed cannot be handed out either.
            return null;
        }
    }

    private static string? Walk(string root, Stack<string> parts)
    {
        var reached = root;
        var links = 0;
        while (parts.TryPop(out var part))
        {
            if (part == "..")
            {
                if (reached == root && root != "/")
                {
                    return null;
                }

                // The path so far has no links left, so its textual parent is the real one.
                reached = Path.GetDirectoryName(reached) ?? root;
                continue;
            }

            var next = Path.Combine(reached, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                reached = next;
                continue;
            }

            if (++links > MostLinks)
            {
                return null;
            }

            reached = target.StartsWith('/') ? root : reached;
            foreach (var step in Split(target))
            {
                parts.Push(step);
            }
        }

        return reached;
    }

    // The first one on top.
    private static IEnumerable<string> Split(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse();
}

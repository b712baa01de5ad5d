using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Hardware.Mps;

/// <summary>
/// A folder of a daemon. It writes there with the rights of root, so nobody else may choose what its files are: a link that somebody
/// prepared as start.log would have any file of the node emptied.
/// </summary>
internal static class MpsFolder
{
    private const int MostLinks = 16;
    private const int Sticky = 0x200;

    // Tasks of any user are clients.
    private const UnixFileMode OpenToAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Makes it and its parents where they are missing, with their modes whatever the umask of the agent is.</summary>
    /// <returns>Why it is not to be used; null when it may be.</returns>
    public static string? Make(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "MPS exists on Linux only";
        }

        try
        {
            return Walk(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"\"{path}\" cannot be made: {exception.Message.TrimEnd('.')}";
        }
    }

    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    private static string? Walk(string path)
    {
        var user = FileStatus.CurrentUser ?? 0;
        var rest = new Stack<string>(Split(path));
        var reached = "/";
        var links = 0;
        while (rest.TryPop(out var part))
        {
            var next = Path.Combine(reached, part);
            var isMade = FileStatus.ReadLink(next) is null;
            if (isMade)
            {
                Directory.CreateDirectory(next, OpenToAll);
            }

            // Also of what was made: in a folder like /tmp somebody else may have been quicker.
            if (FindFault(next, user, isLast: rest.Count == 0) is { } fault)
            {
                return fault;
            }

            if (isMade)
            {
                File.SetUnixFileMode(next, OpenToAll);
            }

            if (new FileInfo(next).LinkTarget is not { } target)
            {
                reached = next;
                continue;
            }

            if (++links > MostLinks)
            {
                return $"\"{next}\" is a link that leads back to itself";
            }

            foreach (var step in Split(Path.GetFullPath(target, reached)))
            {
                rest.Push(step);
            }

            reached = "/";
        }

        return null;
    }

    private static string? FindFault(string path, uint user, bool isLast) => FileStatus.ReadLink(path) switch
    {
        null => $"\"{path}\" cannot be examined",
        { IsLink: true } when isLast => $"\"{path}\" is a link",
        { IsLink: false, IsFolder: false } => $"\"{path}\" is not a folder",
        { Owner: var owner } when owner != user && owner != 0 => $"\"{path}\" belongs to user {owner} and not to root",
        { IsLink: true } => null,

        // In a folder like /tmp, only its owner can put something else in the place of what is there.
        { IsWritableByOthers: true } status when isLast || (status.Mode & Sticky) == 0 =>
            $"\"{path}\" is writable by users other than root",
        _ => null,
    };

    private static IEnumerable<string> Split(string path) =>
        Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse();
}

using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Hardware.Tools;

/// <summary>
/// Whether a program may be run with the rights of the plugin: only root can have put it, and every folder and link in its
/// path, in place.
/// </summary>
/// <param name="readStatus">Follows links.</param>
/// <param name="locate">Where a path of the node is for this process; null: where it says.</param>
public sealed class ProgramTrust(Func<string, FileStatus?> readStatus, Func<string, string>? locate = null)
{
    private const int MostLinks = 16;

    /// <summary>The program behind all links; null with the reason where it is not to be run.</summary>
    public string? Resolve(string path, out string distrust) => Resolve(path, isProgram: true, out distrust);

    /// <summary>Whether only root can put a program into a folder.</summary>
    public bool TrustsFolder(string path) => Resolve(path, isProgram: false, out _) is not null;

    /// <summary>
    /// The folder behind all links, for root to write a program into. Null with the reason where anybody but the owners of the folders
    /// in its path can put another one in its place.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="owners">Receives each folder that belongs to neither root nor the user of this process.</param>
    /// <param name="distrust">The reason.</param>
    public string? ResolveTarget(string path, IDictionary<string, uint> owners, out string distrust)
    {
        var user = FileStatus.CurrentUser;
        return Resolve(
            path,
            (reached, isLast) =>
            {
                var status = readStatus(Locate(reached));
                if (status is { Owner: not 0 } && status.Value.Owner != user)
                {
                    owners[reached] = status.Value.Owner;
                }

                return FindOpening(reached, status, isLast);
            },
            out distrust);
    }

    private string? Resolve(string path, bool isProgram, out string distrust) =>
        Resolve(path, (reached, isLast) => FindFault(reached, isProgram && isLast), out distrust);

    private string? Resolve(string path, Func<string, bool, string?> findFault, out string distrust)
    {
        distrust = "";
        if (!Path.IsPathFullyQualified(path))
        {
            distrust = $"\"{path}\" is not an absolute path";
            return null;
        }

        var rest = new Stack<string>(Split(path));
        var reached = "/";
        var links = 0;
        while (true)
        {
            if (findFault(reached, rest.Count == 0) is { } fault)
            {
                distrust = fault;
                return null;
            }

            if (rest.Count == 0)
            {
                return reached;
            }

            var next = Path.Combine(reached, rest.Pop());
            if (LinkTarget(next) is not { } target)
            {
                reached = next;
                continue;
            }

            if (++links > MostLinks)
            {
                distrust = $"\"{next}\" is a link that leads back to itself";
                return null;
            }

            // A target's ".." is resolved by name, which is right because what is before it is behind all links already.
            foreach (var part in Split(Path.GetFullPath(target, reached)))
            {
                rest.Push(part);
            }

            reached = "/";
        }
    }

    private static IEnumerable<string> Split(string path) =>
        Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse();

    private string Locate(string path) => locate?.Invoke(path) ?? path;

    private string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(Locate(path)).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The status says what is wrong with it.
            return null;
        }
    }

    private string? FindFault(string path, bool isProgram) => readStatus(Locate(path)) switch
    {
        null => $"\"{path}\" cannot be examined",
        { Owner: not 0 } status => $"\"{path}\" belongs to user {status.Owner} and not to root",
        { IsWritableByOthers: true } => $"\"{path}\" is writable by users other than root",
        { IsFolder: false } when !isProgram => $"\"{path}\" is not a folder",
        { IsRegularFile: false } when isProgram => $"\"{path}\" is not a program",
        _ => null,
    };

    // In a sticky folder such as /tmp, what belongs to somebody cannot be replaced by others.
    private static string? FindOpening(string path, FileStatus? status, bool isLast) => status switch
    {
        null => $"\"{path}\" cannot be examined",
        { IsFolder: false } => $"\"{path}\" is not a folder",
        { IsWritableByOthers: true } when isLast || !status.Value.IsSticky => $"\"{path}\" is writable by users other than its owner",
        _ => null,
    };
}

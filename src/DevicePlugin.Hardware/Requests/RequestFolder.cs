using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Hardware.Requests;

/// <summary>
/// Where commands leave requests for the plugin that serves, and find its answers. Who may write into the folder may take
/// GPUs out of service, so it must be nobody else's.
/// </summary>
internal sealed class RequestFolder(string stateFolder, uint user, Func<string, FileStatus?> readStatus)
{
    public const string RequestSuffix = ".request";
    public const string AnswerSuffix = ".answer";

    /// <summary>A request that the plugin works on: whoever waits cannot take it back any more.</summary>
    public const string TakenSuffix = ".taken";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int PermissionMask = 0x1FF;
    private const int OwnerMask = 0x1C0;

    public string Path { get; } = System.IO.Path.Combine(stateFolder, "requests");

    /// <summary>Makes the folder where there is none.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public void Create()
    {
        if (!Directory.Exists(Path) && !OperatingSystem.IsWindows())
        {
            PlainFolder.Create(Path, OwnerOnly);
        }
    }

    /// <summary>Why the folder is not to be used; null when it may be.</summary>
    public string? FindFault()
    {
        if (new DirectoryInfo(Path).LinkTarget is not null)
        {
            return $"\"{Path}\" is a link";
        }

        return readStatus(Path) switch
        {
            null => $"\"{Path}\" cannot be examined",
            { IsFolder: false } => $"\"{Path}\" is not a folder",
            { } status when status.Owner != user => $"\"{Path}\" belongs to user {status.Owner} and not to {user}",
            { } status when (status.Mode & PermissionMask & ~OwnerMask) != 0 =>
                $"\"{Path}\" is open to others than its owner; its mode must be 0700",
            _ => null,
        };
    }

    /// <summary>Why a request is not to be heeded; null when it may be.</summary>
    public string? FindFault(string file) =>
        new FileInfo(file).LinkTarget is not null ? "it is a link"
        : readStatus(file) switch
        {
            null => "it cannot be examined",
            { IsRegularFile: false } => "it is not a file",
            { } status when status.Owner != user && status.Owner != 0 =>
                $"it belongs to user {status.Owner} and not to {user}",
            { IsWritableByOthers: true } => "others than its owner may write it",
            _ => null,
        };
}

using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// The node's file tree, seen under a folder: <c>/</c>, the host's root mounted into a container, or one made by a test.
/// Paths are those of the node.
/// </summary>
public sealed class NodeRoot(string folder = "/")
{
    /// <summary>Where a path of the node is for this process.</summary>
    public string Locate(string path) => folder == "/" ? path : Path.Join(folder, path);

    /// <summary>Null where there is no such file, or none that may be read.</summary>
    public string? ReadText(string path) => TextFile.TryRead(Locate(path));

    public bool HasFile(string path) => File.Exists(Locate(path));

    public bool HasFolder(string path) => Directory.Exists(Locate(path));

    /// <summary>A link to nothing, which .NET counts among the files that exist.</summary>
    public bool IsBrokenLink(string path)
    {
        var file = new FileInfo(Locate(path));
        try
        {
            return file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is { } target
                && !File.Exists(target.FullName) && !Directory.Exists(target.FullName);
        }
        catch (IOException)
        {
            // A link to itself.
            return true;
        }
    }

    public bool MayWrite(string path) => FileStatus.MayReadAndWrite(Locate(path));

    /// <summary>The names in a folder in their order; none where it is absent or may not be read.</summary>
    public IReadOnlyList<string> List(string path)
    {
        try
        {
            var names = Directory.GetFileSystemEntries(Locate(path)).Select(entry => Path.GetFileName(entry)).ToArray();
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Null where nothing lies there.</summary>
    public DeviceNode? FindDevice(string path)
    {
        var located = Locate(path);
        return FileStatus.Read(located) is { } status
            ? new DeviceNode(
                path, status.IsCharacterDevice, status.Major, status.Minor, FileStatus.MayReadAndWrite(located))
            : null;
    }
}

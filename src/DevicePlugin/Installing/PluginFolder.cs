using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Installing;

/// <summary>A folder into which root writes what the agent runs as root, such as Nomad's plugin_dir.</summary>
/// <param name="Path">Behind all links.</param>
/// <param name="Owners">Each folder of its path that belongs to neither root nor this user, with the id of its owner.</param>
internal sealed record PluginFolder(string Path, IReadOnlyDictionary<string, uint> Owners)
{
    /// <summary>Makes the folder where there is none.</summary>
    /// <exception cref="InstallException">It cannot be used, or others may write into it.</exception>
    public static PluginFolder Open(string path)
    {
        // What is missing is made by us, so its writers are those of what is there.
        Examine(Existing(path));
        try
        {
            PlainFolder.Create(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InstallException($"The folder \"{path}\" cannot be made: {exception.Message}");
        }

        return Examine(path);
    }

    private static PluginFolder Examine(string path)
    {
        var owners = new Dictionary<string, uint>(StringComparer.Ordinal);
        return new ProgramTrust(FileStatus.Read).ResolveTarget(path, owners, out var distrust) is { } resolved
            ? new PluginFolder(resolved, owners)
            : throw new InstallException(
                $"{distrust}, so they could replace what Nomad's agent runs as root. Correct it, for example by chmod go-w, and try again.");
    }

    private static string Existing(string path)
    {
        while (!Directory.Exists(path) && System.IO.Path.GetDirectoryName(path) is { } parent)
        {
            path = parent;
        }

        return path;
    }
}

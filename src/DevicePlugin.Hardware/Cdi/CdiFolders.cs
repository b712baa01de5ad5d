using System.Collections.Immutable;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>Where container runtimes look for specs, and whose specs they prefer.</summary>
public static class CdiFolders
{
    private const string Static = "/etc/cdi";
    private const string Dynamic = "/var/run/cdi";

    /// <summary>Those of every runtime that is not told otherwise (container-device-interface pkg/cdi/spec-dirs.go).</summary>
    public static readonly ImmutableArray<string> Standard = [Static, Dynamic];

    /// <summary>All folders, each once, since /run and /var/run are the same; the plugin's own is spelled as configured.</summary>
    public static IEnumerable<string> With(ImmutableArray<string> folders, string own) =>
        folders.Prepend(own).DistinctBy(Normalize, StringComparer.Ordinal);

    /// <summary>
    /// Whether a runtime takes a name from a spec in <paramref name="own"/> although one in <paramref name="other"/> has it
    /// too: of two folders the later one has priority, and within one folder the name is lost. The order of folders that a
    /// runtime is told of is not known here.
    /// </summary>
    public static bool HasPriority(string own, string other) => Normalize(own) == Dynamic && Normalize(other) == Static;

    /// <summary>
    /// Whether <paramref name="path"/> is the same file as <paramref name="own"/>, reached through another folder, for example
    /// because one folder is a symlink to the other. Whichever path a runtime reads, a name stands for the same device.
    /// </summary>
    public static bool IsOwnElsewhere(string path, string own) =>
        Path.GetDirectoryName(path) != Path.GetDirectoryName(own)
        && FileStatus.Read(path) is { } file && file == FileStatus.Read(own);

    public static bool AreSame(string one, string other) => Normalize(one) == Normalize(other);

    private static string Normalize(string folder)
    {
        var path = Path.TrimEndingDirectorySeparator(folder);
        return path.StartsWith("/run/", StringComparison.Ordinal) ? "/var" + path : path;
    }
}

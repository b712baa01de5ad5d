using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <param name="Name">Of the file, without its folder.</param>
/// <param name="Library">What is behind it.</param>
internal sealed record LibraryLink(string Name, ReservedMount Library);

/// <summary>
/// Other names of the driver's libraries. Programs that open <c>libcuda.so</c> at run time, for example, use the name of a link
/// and not the name in the library.
/// </summary>
internal static class LibraryLinks
{
    // Programs use these names, and not every driver package has the links (nvidia-container-toolkit
    // internal/discover/symlinks.go creates some of them; VDPAU's loader also tries libvdpau_nvidia.so outside its own folder).
    private static readonly (string Library, string Name)[] Expected =
    [
        ("libcuda.so", "libcuda.so"), ("libnvcuvid.so", "libnvcuvid.so"), ("libnvidia-encode.so", "libnvidia-encode.so"),
        ("libnvidia-opticalflow.so", "libnvidia-opticalflow.so"), ("libGLX_nvidia.so", "libGLX_indirect.so.0"),
        ("libvdpau_nvidia.so", "libvdpau_nvidia.so"),
    ];

    /// <summary>Each name once, in alphabetical order.</summary>
    /// <param name="driverRoot">Whose library folders are searched for links.</param>
    /// <param name="version">Of the driver; a name that ends in it is the library's own file.</param>
    /// <param name="libraries">The driver's, by their files.</param>
    /// <param name="skip">Called for each dangling symlink.</param>
    public static IEnumerable<LibraryLink> Find(
        string driverRoot, string version, IReadOnlyList<ReservedMount> libraries, Action skip)
    {
        var byFile = new Dictionary<string, ReservedMount>(StringComparer.Ordinal);
        var byStem = new Dictionary<string, ReservedMount>(StringComparer.Ordinal);
        foreach (var library in libraries)
        {
            var file = Path.GetFileName(library.HostPath);
            byFile.TryAdd(file, library);
            byStem.TryAdd(StemOf(file), library);
        }

        var links = new SortedDictionary<string, LibraryLink>(StringComparer.Ordinal);
        foreach (var path in DriverFileSearch.LibraryFolders.SelectMany(folder => List(Path.Combine(driverRoot, folder))))
        {
            // Compared by file name and not by folder: a link may lead to the same library by another path, for example through
            // Debian's alternatives.
            var name = Path.GetFileName(path);
            if (!byStem.ContainsKey(StemOf(name)) || !IsPlain(name) || name.EndsWith($".so.{version}", StringComparison.Ordinal))
            {
                continue;
            }

            if (LinkResolver.Resolve(driverRoot, path) is not { } file)
            {
                skip();
            }
            else if (file != path && byFile.TryGetValue(Path.GetFileName(file), out var library))
            {
                links.TryAdd(name, new LibraryLink(name, library));
            }
        }

        foreach (var (stem, name) in Expected)
        {
            if (byStem.TryGetValue(stem, out var library))
            {
                links.TryAdd(name, new LibraryLink(name, library));
            }
        }

        return links.Values;
    }

    /// <summary>The part of a library's name that all its names have: <c>libcuda.so</c>.</summary>
    public static string StemOf(string name)
    {
        const string Suffix = ".so";
        var end = name.IndexOf(Suffix, StringComparison.Ordinal);
        return end < 0 ? name : name[..(end + Suffix.Length)];
    }

    private static string[] List(string folder)
    {
        try
        {
            return Directory.GetFiles(folder, "lib*.so*");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // It becomes part of a path in the task, and of an argument of NVIDIA's hook program.
    private static bool IsPlain(string name) =>
        name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '+' or '-' or '.' or '_');
}

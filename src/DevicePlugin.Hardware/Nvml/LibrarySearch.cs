using System.Text;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Looks at the files that the loader would open for a library, before it does.</summary>
internal static class LibrarySearch
{
    private const string CacheFile = "/etc/ld.so.cache";
    private const int MostCacheBytes = 16 << 20;

    private static readonly string[] DefaultFolders = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];

    /// <summary>Why the loader must not be given the library; null where nothing speaks against it.</summary>
    /// <param name="library">A path, or a name that the loader looks for in its folders.</param>
    public static string? FindDefect(string library)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        if (library.Contains('/', StringComparison.Ordinal))
        {
            return ElfLibrary.FindDefect(library);
        }

        foreach (var path in FindFiles(library, Environment.GetEnvironmentVariable("LD_LIBRARY_PATH"), CacheFile))
        {
            if (ElfLibrary.FindDefect(path) is { } defect)
            {
                return $"{path}: {defect}";
            }
        }

        return null;
    }

    /// <summary>Every file of the name where the loader looks (ld.so(8)): one that is wrong may be the one that it takes.</summary>
    internal static IEnumerable<string> FindFiles(string name, string? searchPath, string cacheFile) =>
        (searchPath ?? "").Split(':', ';').Where(folder => folder.Length > 0).Concat(DefaultFolders)
            .Select(folder => Path.Combine(folder, name))
            .Concat(ReadCache(name, cacheFile))
            .Distinct(StringComparer.Ordinal)
            .Where(Path.Exists);

    /// <summary>The cache holds paths that end with a NUL, whatever else its format has (glibc's dl-cache.h).</summary>
    private static IEnumerable<string> ReadCache(string name, string cacheFile)
    {
        string text;
        try
        {
            text = Encoding.Latin1.GetString(PlainFile.Read(cacheFile, MostCacheBytes));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The loader has none either, or one that says nothing to us.
            return [];
        }

        return text.Split('\0').Where(path => path.StartsWith('/') && path.EndsWith($"/{name}", StringComparison.Ordinal));
    }
}

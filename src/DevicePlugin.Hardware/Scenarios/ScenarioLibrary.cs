using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Hardware.Scenarios;

/// <summary>The scenarios that come with the executable, and the way to one by name or path.</summary>
public static class ScenarioLibrary
{
    private const string ResourcePrefix = "scenarios/";
    private const string ResourceSuffix = ".json";

    // A scenario is a description of a node; one larger than this is a mistake (a device, a log), not a node.
    private const int LargestFile = 64 << 20;

    /// <summary>Names in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(ScenarioLibrary).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Select(name => name[ResourcePrefix.Length..^ResourceSuffix.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <param name="nameOrPath">A built-in name, or the path of a file.</param>
    /// <remarks>Nothing is opened: a missing file is the exception of <see cref="ScenarioSource.Open"/>.</remarks>
    public static ScenarioSource Find(string nameOrPath) =>
        Names.Contains(nameOrPath)
            ? new ScenarioSource(nameOrPath, null, () => ReadBuiltIn(nameOrPath))
            : new ScenarioSource(nameOrPath, FullPath(nameOrPath), () => ReadFile(nameOrPath));

    /// <exception cref="ScenarioException">There is none, it cannot be read, or it is not valid.</exception>
    public static Scenario Open(string nameOrPath) => Find(nameOrPath).Open();

    private static byte[] ReadBuiltIn(string name)
    {
        using var stream =
            typeof(ScenarioLibrary).Assembly.GetManifestResourceStream(ResourcePrefix + name + ResourceSuffix)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private static byte[] ReadFile(string path)
    {
        if (FullPath(path) is not { Length: > 0 } fullPath || !Path.Exists(fullPath))
        {
            throw new FileNotFoundException(
                $"there is no such file, and no built-in scenario of that name ({string.Join(", ", Names)}).");
        }

        return Directory.Exists(fullPath) ? throw new IOException("it is a folder") : PlainFile.Read(fullPath, LargestFile);
    }

    // Path.GetFullPath throws for these; no file has such a name.
    private static string FullPath(string path) =>
        path.Length == 0 || path.Contains('\0') ? "" : Path.GetFullPath(path);
}

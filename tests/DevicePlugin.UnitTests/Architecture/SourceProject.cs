using System.Xml.Linq;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Architecture;

/// <summary>A project under src/ as its files describe it.</summary>
internal sealed class SourceProject
{
    private readonly string _folder;
    private readonly XDocument _project;

    private SourceProject(string path)
    {
        Name = Path.GetFileNameWithoutExtension(path);
        _folder = Path.GetDirectoryName(path)!;
        _project = XDocument.Load(path);
    }

    public string Name { get; }

    public IEnumerable<string> Projects => Includes("ProjectReference")
        .Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')));

    public IEnumerable<string> Packages => Includes("PackageReference");

    public IEnumerable<string> Frameworks => Includes("FrameworkReference");

    public bool AllowsUnsafeBlocks => _project.Descendants("AllowUnsafeBlocks").Any(element => element.Value == "true");

    public static IReadOnlyList<SourceProject> All { get; } = Directory
        .EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
        .Select(path => new SourceProject(path))
        .OrderBy(project => project.Name, StringComparer.Ordinal)
        .ToList();

    public static IEnumerable<SourceProject> Libraries => All.Where(project => project.Name != "DevicePlugin");

    /// <summary>The source files, without what the build generates.</summary>
    public IEnumerable<string> Files => Directory.EnumerateFiles(_folder, "*.cs", SearchOption.AllDirectories)
        .Where(path => Path.GetRelativePath(_folder, path).Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"));

    public override string ToString() => Name;

    private IEnumerable<string> Includes(string item) =>
        _project.Descendants(item).Select(element => element.Attribute("Include")!.Value);
}

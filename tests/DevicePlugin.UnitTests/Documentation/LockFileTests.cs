using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Documentation;

/// <summary>The package lock files cover what is built and published, in the versions that the build asks for.</summary>
internal sealed class LockFileTests
{
    private const string Remedy = "run locks/update.sh";

    private static readonly Dictionary<string, string> Wanted = ReadWanted();

    private static IEnumerable<string> Projects => Regex
        .Matches(File.ReadAllText(Path.Combine(Repository.Root, "DevicePlugin.sln")), @"""([^""]+\.csproj)""")
        .Select(match => match.Groups[1].Value.Replace('\\', '/'));

    private static IEnumerable<string> LockFiles =>
    [
        .. Projects.Select(project => $"{Path.GetDirectoryName(project)}/packages.lock.json"),
        .. Directory.EnumerateDirectories(Path.Combine(Repository.Root, "locks")).Order(StringComparer.Ordinal)
            .SelectMany(_ => Projects.Where(project => project.StartsWith("src/", StringComparison.Ordinal)), LockFileOf),
    ];

    [TestCaseSource(nameof(LockFiles))]
    public void LockFile_HasTheVersionsOfTheBuild(string path)
    {
        Assert.That(Path.Combine(Repository.Root, path), Does.Exist, Remedy);
        using var locked = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, path)));
        var direct = locked.RootElement.GetProperty("dependencies").EnumerateObject()
            .SelectMany(framework => framework.Value.EnumerateObject())
            .Where(package => package.Value.GetProperty("type").GetString() == "Direct")
            .Select(package => $"{package.Name} {package.Value.GetProperty("requested").GetString()}").Distinct().ToList();

        Assert.That(direct.Where(package => !IsWanted(package)), Is.Empty, Remedy);
    }

    [Test]
    public void NativeFlavours_LockTheirCompiler()
    {
        var locks = Directory.GetFiles(Path.Combine(Repository.Root, "locks"), "DevicePlugin.lock.json", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(Path.GetDirectoryName(path))!.EndsWith("-aot", StringComparison.Ordinal)).ToList();

        Assert.That(locks, Has.Count.GreaterThanOrEqualTo(2));
        foreach (var path in locks)
        {
            var runtime = Path.GetFileName(Path.GetDirectoryName(path))![..^"-aot".Length];
            Assert.That(File.ReadAllText(path), Does.Contain($"\"runtime.{runtime}.Microsoft.DotNet.ILCompiler\": {{"));
        }
    }

    private static bool IsWanted(string package) =>
        Wanted.TryGetValue(package.Split(' ')[0], out var version) && package.EndsWith($" [{version}, )", StringComparison.Ordinal);

    private static string LockFileOf(string folder, string project) =>
        $"locks/{Path.GetFileName(folder)}/{Path.GetFileNameWithoutExtension(project)}.lock.json";

    private static Dictionary<string, string> ReadWanted()
    {
        var packages = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value);
        var ofTheSdk = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.targets")).Descendants("DotNetPackVersion").Single().Value;
        packages["Microsoft.NET.ILLink.Tasks"] = ofTheSdk;
        packages["Microsoft.DotNet.ILCompiler"] = ofTheSdk;
        return packages;
    }
}

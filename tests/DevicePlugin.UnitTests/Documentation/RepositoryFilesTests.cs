using System.Text.RegularExpressions;
using DevicePlugin.Tests;
using YamlStream = SharpYaml.Model.YamlStream;

namespace DevicePlugin.UnitTests.Documentation;

/// <summary>The files that GitHub reads: they parse, and what they name exists.</summary>
internal sealed partial class RepositoryFilesTests
{
    private static readonly string GitHub = Path.Combine(Repository.Root, ".github");

    private static IEnumerable<string> YamlFiles => Directory.EnumerateFiles(GitHub, "*.yml", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(GitHub, path)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Pages =>
        ["README.md", "SECURITY.md", "SUPPORT.md", "CONTRIBUTING.md", "CHANGELOG.md",
            .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(path => $"docs/{Path.GetFileName(path)}")];

    [TestCaseSource(nameof(YamlFiles))]
    public void Yaml_Parses(string file) => Assert.That(Read(file).Count, Is.EqualTo(1));

    [TestCaseSource(nameof(YamlFiles))]
    public void Workflow_RunsWhatIsThere(string file)
    {
        var build = File.ReadAllText(Path.Combine(Repository.Root, "build.cake"));
        var targets = LoadedScript().Matches(build).Select(match => File.ReadAllText(Path.Combine(Repository.Root, match.Groups[1].Value)))
            .Append(build).SelectMany(script => Target().Matches(script))
            .Select(match => match.Groups[1].Value).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var text = File.ReadAllText(Path.Combine(GitHub, file));

        Assert.That(
            BuildCall().Matches(text).Select(match => match.Groups[1].Value).Where(target => !targets.Contains(target)), Is.Empty);
        Assert.That(
            Script().Matches(text).Select(match => match.Groups[1].Value)
                .Where(path => !File.Exists(Path.Combine(Repository.Root, path))),
            Is.Empty);
    }

    [TestCaseSource(nameof(Pages))]
    public void Links_LeadToFilesThatExist(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;

        Assert.That(
            Link().Matches(File.ReadAllText(Path.Combine(Repository.Root, page))).Select(match => match.Groups[1].Value)
                .Where(target => !Path.Exists(Path.Combine(folder, target))),
            Is.Empty);
    }

    private static YamlStream Read(string file)
    {
        using var reader = new StreamReader(Path.Combine(GitHub, file));
        return YamlStream.Load(reader);
    }

    [GeneratedRegex("""Task\("(\w+)"\)""")]
    private static partial Regex Target();

    [GeneratedRegex("""^#load "([^"]+)""", RegexOptions.Multiline)]
    private static partial Regex LoadedScript();

    [GeneratedRegex(@"build\.sh (\w+)")]
    private static partial Regex BuildCall();

    [GeneratedRegex(@"run: (\.?[\w./-]+/[\w.-]+)")]
    private static partial Regex Script();

    [GeneratedRegex(@"\]\((?!https?:|#|mailto:)([^)#\s]+)")]
    private static partial Regex Link();
}

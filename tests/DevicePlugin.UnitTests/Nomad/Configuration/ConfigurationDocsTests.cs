using System.Text;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.UnitTests.Nomad.Configuration;

/// <summary>
/// Keeps the tables of keys in the documentation equal to the table in the code. <c>UPDATE_DOCS=1</c> in the
/// environment makes this test write them.
/// </summary>
internal sealed class ConfigurationDocsTests
{
    private const string Start = "<!-- keys: start -->\n";
    private const string End = "<!-- keys: end -->\n";

    private static IEnumerable<string> Documents =>
        new[] { "docs/configuration.md", "README.md" }.Where(document => File.Exists(PathOf(document)));

    [TestCaseSource(nameof(Documents))]
    public void TableOfKeys_InADocument_IsTheCurrentOne(string document)
    {
        var path = PathOf(document);
        var text = File.ReadAllText(path);
        var start = text.IndexOf(Start, StringComparison.Ordinal);
        var end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.That(start, Is.GreaterThanOrEqualTo(0), $"{document} lacks the line {Start}");
        Assert.That(end, Is.GreaterThan(start), $"{document} lacks the line {End}");
        var current = $"{text[..start]}{Start}{Table()}{text[end..]}";

        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, current);
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo(current), "UPDATE_DOCS=1 makes this test rewrite the table");
    }

    private static string Table()
    {
        var table = new StringBuilder("| key | type | default | accepts | meaning |\n|---|---|---|---|---|\n");
        foreach (var key in ConfigSchema.Keys)
        {
            var effect = ConfigSchema.HasEffect(key) ? "" : " *No effect yet.*";
            table.Append($"| `{key.Path}` | `{key.Type}` | `{key.DefaultLiteral}` ")
                .Append($"| {Escape(key.Allowed)} | {Escape(key.Description)}{effect} |\n");
        }

        return table.ToString();
    }

    private static string Escape(string text) => text.Replace("*", "\\*", StringComparison.Ordinal);

    private static string PathOf(string document)
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "DevicePlugin.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("no folder above has DevicePlugin.sln");
        }

        return Path.Combine(folder.FullName, document);
    }
}

using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Documentation;

/// <summary>
/// A table in a document that comes from a table in the code, between two marks. <c>UPDATE_DOCS=1</c> in the environment
/// makes the tests write it.
/// </summary>
internal static class GeneratedTable
{
    public static void AssertIsCurrent(string document, string name, string table)
    {
        var (startMark, endMark) = ($"<!-- {name}: start -->\n", $"<!-- {name}: end -->\n");
        var path = Path.Combine(Repository.Root, document);
        var text = File.ReadAllText(path);
        var start = text.IndexOf(startMark, StringComparison.Ordinal);
        var end = text.IndexOf(endMark, StringComparison.Ordinal);
        Assert.That(start, Is.GreaterThanOrEqualTo(0), $"{document} lacks the line {startMark}");
        Assert.That(end, Is.GreaterThan(start), $"{document} lacks the line {endMark}");
        var current = $"{text[..start]}{startMark}{table}{text[end..]}";

        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, current);
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo(current), "UPDATE_DOCS=1 makes this test rewrite the table");
    }

    /// <summary>What stands for itself in a cell of a table.</summary>
    public static string Escape(string text) =>
        text.Replace("*", "\\*", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal);
}

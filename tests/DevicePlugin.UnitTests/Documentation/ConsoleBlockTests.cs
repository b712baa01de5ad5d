using System.Text.RegularExpressions;
using DevicePlugin.Commands;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Documentation;

/// <summary>The plugin's command line parses each of its commands in the console blocks of the docs.</summary>
internal sealed partial class ConsoleBlockTests
{
    private static IEnumerable<TestCaseData> Lines =>
        from page in Pages
        from line in CommandsOf(page)
        select new TestCaseData(line).SetArgDisplayNames($"{page}: {line}");

    private static IEnumerable<string> Pages =>
        ["README.md", "examples/README.md", .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
            .Select(path => $"docs/{Path.GetFileName(path)}").Order(StringComparer.Ordinal)];

    [TestCaseSource(nameof(Lines))]
    public void Command_IsUnderstood(string line)
    {
        var words = Word().Matches(line).Select(match => match.Value.Trim('"')).ToArray();

        Assert.That(CommandLine.CreateRoot().Parse(words[1..]).Errors.Select(error => error.Message), Is.Empty);
    }

    [TestCase("docs/operating.md", 8)]
    [TestCase("docs/health.md", 5)]
    public void Page_HasItsCommands(string page, int atLeast) =>
        Assert.That(CommandsOf(page).Count(), Is.GreaterThanOrEqualTo(atLeast), "or their form has changed");

    private static IEnumerable<string> CommandsOf(string page) =>
        from Match block in Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, page)))
        from Match line in Line().Matches(block.Groups[1].Value)
        let command = Rest().Replace(line.Groups[1].Value, "")
        select command;

    [GeneratedRegex(@"```console\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    // Behind a prompt, which is # for root.
    [GeneratedRegex(@"^ *[$#] (?:sudo )?(nomad-device-gpu .*)$", RegexOptions.Multiline)]
    private static partial Regex Line();

    // A comment, and what is the shell's.
    [GeneratedRegex(@"\s+(#|>|<|\||&&).*$")]
    private static partial Regex Rest();

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Word();
}

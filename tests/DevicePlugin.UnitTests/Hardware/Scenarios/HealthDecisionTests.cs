using System.Text.RegularExpressions;
using DevicePlugin.Hardware.Scenarios.Keys;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.Scenarios;

/// <summary>docs/health.md decides for every flag and counter of the scenario format what follows from it.</summary>
internal sealed partial class HealthDecisionTests
{
    private static readonly string[] WholeGroups = ["ecc", "remap", "retired_pages", "fabric"];

    private static IEnumerable<string> Keys => GpuGroups.Nested.SelectMany(group => group.Keys)
        .Where(key => key is FlagKey || IsCounter(key) || WholeGroups.Contains(key.Path.Split('.')[0]))
        .Select(key => key.Path)
        .Concat([GpuKeys.State.Path, GpuKeys.RecoveryAction.Path, NvlinkKeys.Down.Path]);

    private static List<string> Patterns
    {
        get
        {
            var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "health.md"));
            var start = text.IndexOf("| keys | decision | why |", StringComparison.Ordinal);
            var table = text[start..text.IndexOf("\n\n", start, StringComparison.Ordinal)];
            return
            [
                .. table.Split('\n').Skip(2).Select(row => row.Split('|')[1])
                    .SelectMany(cell => Code().Matches(cell).Select(match => match.Groups[1].Value)),
            ];
        }
    }

    [TestCaseSource(nameof(Keys))]
    public void Key_IsDecidedOnce(string key) => Assert.That(
        Patterns.Where(pattern => Covers(pattern, key)), Has.Exactly(1).Items, "the table in docs/health.md");

    [Test]
    public void Pattern_OfTheTable_MatchesAKey() =>
        Assert.That(Patterns.Where(pattern => !Keys.Any(key => Covers(pattern, key))), Is.Empty);

    private static bool IsCounter(Key key) => key is IntegerKey { Highest: KeyGroup.MaxCount };

    private static bool Covers(string pattern, string key) => pattern.EndsWith('*')
        ? key.StartsWith(pattern[..^1], StringComparison.Ordinal)
        : key == pattern;

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}

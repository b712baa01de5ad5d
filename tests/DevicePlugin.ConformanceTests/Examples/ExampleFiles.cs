using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Examples;

/// <summary>What is in the folder examples, by what its name says it is.</summary>
internal static class ExampleFiles
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "examples");

    /// <summary>The one that asks for no GPU.</summary>
    public const string UpgradeJob = "upgrade-job.nomad.hcl";

    public static IReadOnlyList<string> Jobs { get; } = [.. Names("*.nomad.hcl").Except([UpgradeJob])];

    public static IReadOnlyList<string> Agents { get; } = [.. Names("*.hcl").Except(Jobs).Except([UpgradeJob])];

    public static string PathOf(string name) => Path.Combine(Folder, name);

    private static List<string> Names(string pattern) =>
        [.. Directory.EnumerateFiles(Folder, pattern).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}

using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Health;

internal sealed class XidTableTests
{
    /// <summary>By hand from NVIDIA's catalog, apart from the table in the code.</summary>
    private static readonly (XidResolution Resolution, string Codes)[] Catalog =
    [
        (XidResolution.Ignore, "37 38 44 63 66 67 92 93 106 107 121 137 141 152 153 157 160 161"),
        (XidResolution.RestartApplication,
            "8 11 13 25 31 32 39-41 43 45 60 68-72 75-77 80 82-86 88 89 94 96-105 126-135 139"),
        (XidResolution.ResetGpu, "46 48 62 64 95 110 119 120 136 140 143 155 156 158"),
        (XidResolution.RestartMachine, "79 151"),
        (XidResolution.OwnWorkflow, "74 109 144-150 154 159"),
        (XidResolution.Unknown, "54 78 142"),
    ];

    [TestCaseSource(nameof(Entries))]
    public void Find_CodeOfTheCatalog_HasItsResolutionAndASource(long code, XidResolution resolution)
    {
        var entry = XidTable.Default.Find(code);

        Assert.That(entry.Resolution, Is.EqualTo(resolution));
        Assert.That(entry.Meaning, Is.Not.Empty.And.Not.EqualTo("unknown error"));
        Assert.That(entry.Source, Does.StartWith("NVIDIA"));
    }

    [Test]
    public void Catalog_HasNoCodeThatTheTestsDoNotName() =>
        Assert.That(XidCatalog.All.Select(entry => entry.Code), Is.EquivalentTo(Entries().Select(entry => (long)entry.Arguments[0]!)));

    [TestCase(43, "ignore")]
    [TestCase(45, "own workflow")]
    [TestCase(48, "own workflow")]
    [TestCase(109, "reset the GPU")]
    public void Find_JudgedOtherwiseThanTheCatalog_SaysWhatTheCatalogSays(long code, string catalog)
    {
        var document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "health.md"));

        Assert.That(XidTable.Default.Find(code).Source, Does.EndWith($"which says \"{catalog}\""));
        Assert.That(document, Does.Match($"(?m)^[|] {code} [|] {catalog} [|]"), "the document has the reason");
    }

    [Test]
    public void Find_EveryOtherCode_FollowsTheCatalog() => Assert.That(
        XidCatalog.All.Where(entry => entry.Source != $"NVIDIA XID catalog, {entry.Code}").Select(entry => entry.Code),
        Is.EqualTo(new[] { 43, 45, 48, 109 }));

    [TestCase(14)]
    [TestCase(162)]
    [TestCase(172)]
    [TestCase(999)]
    public void Find_UnknownCode_DependsOnWhatTheDriverAsksFor(long code)
    {
        Assert.That(XidTable.Default.Find(code).IsUnfit, Is.False);
        Assert.That(XidTable.Default.Find(code).IsConditional, Is.True);
        Assert.That(new XidTable([], [(int)code]).Find(code).IsUnfit, Is.True, "listed in critical_xids");
    }

    [Test]
    public void Find_IgnoredByTheConfiguration_IsNotUnfit()
    {
        var table = new XidTable([79, 500], []);

        Assert.That(table.Find(79).Resolution, Is.EqualTo(XidResolution.Ignore));
        Assert.That(table.Find(500).Resolution, Is.EqualTo(XidResolution.Ignore));
    }

    [Test]
    public void Find_CriticalByTheConfiguration_IsUnfit()
    {
        var table = new XidTable([], [31, 74, 79]);

        Assert.That(table.Find(31).Resolution, Is.EqualTo(XidResolution.ResetGpu));
        Assert.That(table.Find(74).Resolution, Is.EqualTo(XidResolution.ResetGpu));
        Assert.That(table.Find(79).Resolution, Is.EqualTo(XidResolution.RestartMachine), "its own way back stands");
    }

    [TestCase(0, false)]
    [TestCase(-1, false)]
    [TestCase(1, true)]
    [TestCase(999, true)]
    [TestCase(1000, false)]
    [TestCase(long.MaxValue, false)]
    public void IsPossible_Number_TellsABrokenEvent(long code, bool possible) =>
        Assert.That(XidTable.Default.IsPossible(code), Is.EqualTo(possible));

    private static IEnumerable<TestCaseData> Entries() =>
        from line in Catalog
        from part in line.Codes.Split(' ')
        let ends = part.Split('-').Select(long.Parse).ToArray()
        from code in Enumerable.Range((int)ends[0], (int)(ends[^1] - ends[0]) + 1)
        select new TestCaseData((long)code, line.Resolution);
}

using System.Globalization;
using System.Text;
using DevicePlugin.Gpu.Plausibility;
using DevicePlugin.Nomad.Fingerprinting;
using DevicePlugin.Nomad.Statistics;
using DevicePlugin.UnitTests.Documentation;

namespace DevicePlugin.UnitTests.Nomad;

internal sealed class ValuesDocsTests
{
    private const string Document = "docs/values.md";

    [Test]
    public void TableOfAttributes_InTheDocument_IsTheCurrentOne()
    {
        var table = new StringBuilder(
            "| attribute | type | meaning | devices of a group differ | changed, while the driver stays loaded, by |\n"
            + "|---|---|---|---|---|\n");
        foreach (var attribute in AttributeTable.All)
        {
            var merge = attribute.Merge switch
            {
                AttributeMerge.Minimum => "the least",
                AttributeMerge.Sum => "the sum",
                _ => "left out",
            };
            var type = $"{attribute.Type} {attribute.Unit}".TrimEnd();
            table.Append($"| `{attribute.Name}` | {type} | {GeneratedTable.Escape(attribute.Description)} | {merge} | "
                + $"{attribute.ChangedBy ?? "nobody"} |\n");
        }

        GeneratedTable.AssertIsCurrent(Document, "attributes", table.ToString());
    }

    [Test]
    public void TableOfRanges_InTheDocument_IsTheCurrentOne()
    {
        var table = new StringBuilder("| value | unit | from | to |\n|---|---|---|---|\n");
        foreach (var range in ReadingRanges.All)
        {
            var most = range.WholeName ?? range.Most.ToString(CultureInfo.InvariantCulture);
            table.Append(CultureInfo.InvariantCulture, $"| {range.Name} | {range.Unit} | {range.Least} | {most} |\n");
        }

        GeneratedTable.AssertIsCurrent(Document, "ranges", table.ToString());
    }

    [Test]
    public void TableOfStatistics_InTheDocument_IsTheCurrentOne()
    {
        var table = new StringBuilder("| statistic | unit | meaning |\n|---|---|---|\n");
        foreach (var statistic in StatisticTable.All)
        {
            var name = statistic.Group.Length == 0 ? statistic.Name : $"{statistic.Group}.{statistic.Name}";
            table.Append($"| `{name}` | {statistic.Unit} | {GeneratedTable.Escape(statistic.Description)} |\n");
        }

        GeneratedTable.AssertIsCurrent(Document, "statistics", table.ToString());
    }
}

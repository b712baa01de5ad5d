using System.Text;
using DevicePlugin.Metrics;
using DevicePlugin.UnitTests.Documentation;

namespace DevicePlugin.UnitTests.Executable.Metrics;

internal sealed class MetricsDocsTests
{
    [Test]
    public void TableOfDeviceMetrics_InTheDocument_IsTheCurrentOne()
    {
        var table = new StringBuilder("| metric | type | meaning |\n|---|---|---|\n");
        foreach (var metric in DeviceMetricTable.All)
        {
            Append(table, metric.Definition).Append('\n');
        }

        GeneratedTable.AssertIsCurrent("docs/metrics.md", "device metrics", table.ToString());
    }

    [Test]
    public void TableOfNodeMetrics_InTheDocument_IsTheCurrentOne()
    {
        var table = new StringBuilder("| metric | type | meaning | labels |\n|---|---|---|---|\n");
        foreach (var metric in NodeMetricTable.All)
        {
            var isOfDevice = metric.Labels.Length > DeviceLabels.Names.Length;
            var own = metric.Labels.Skip(isOfDevice ? DeviceLabels.Names.Length : 0).Select(label => $"`{label}`");
            var labels = string.Join(", ", isOfDevice ? own.Prepend("those of a device") : own);
            Append(table, metric).Append($" {labels} |\n");
        }

        GeneratedTable.AssertIsCurrent("docs/metrics.md", "node metrics", table.ToString());
    }

    private static StringBuilder Append(StringBuilder table, MetricDefinition metric) => table.Append(
        $"| `{metric.Name}` | {metric.Kind.ToString().ToLowerInvariant()} | {GeneratedTable.Escape(metric.Help)} |");
}

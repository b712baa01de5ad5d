using System.Text.Json;
using System.Text.RegularExpressions;
using DevicePlugin.Metrics;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Examples;

/// <summary>The dashboard, the alerts and the scrape configuration speak of metrics that the plugin has.</summary>
internal sealed class MonitoringExampleTests
{
    private static readonly HashSet<string> Known =
    [
        .. DeviceMetricTable.All.Select(metric => metric.Definition.Name),
        .. NodeMetricTable.All.Select(metric => metric.Name),
    ];

    [TestCase("grafana-dashboard.json")]
    [TestCase("prometheus-alerts.yml")]
    public void Example_Metrics_AreThoseOfThePlugin(string name)
    {
        var named = Regex.Matches(Read(name), @"\b(DCGM_FI_\w+|nomad_device_gpu_\w+)")
            .Select(match => match.Value)
            .Select(metric => Regex.Replace(metric, "_(bucket|sum|count)$", ""))
            .ToHashSet();

        Assert.That(named, Has.Count.GreaterThan(2));
        Assert.That(named.Except(Known), Is.Empty);
    }

    [Test]
    public void Dashboard_LabelsInExpressions_AreThoseOfTheirMetrics()
    {
        var labels = DeviceMetricTable.All.SelectMany(metric => metric.Definition.Labels)
            .Concat(NodeMetricTable.All.SelectMany(metric => metric.Labels))
            .ToHashSet();
        // What Prometheus adds itself: the scrape's, and the bounds of a histogram.
        labels.UnionWith(["instance", "le"]);

        var used = Expressions()
            .SelectMany(expression => Regex.Matches(expression, @"by \(([^)]*)\)|(\w+)=~"))
            .SelectMany(match => (match.Groups[1].Value + match.Groups[2].Value).Split(','))
            .Select(label => label.Trim())
            .ToHashSet();

        Assert.That(used, Is.Not.Empty);
        Assert.That(used.Except(labels), Is.Empty);
    }

    [Test]
    public void Dashboard_Panels_DoNotOverlapAndHaveAnIdEach()
    {
        using var dashboard = JsonDocument.Parse(Read("grafana-dashboard.json"));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();
        var cells = new HashSet<(int X, int Y)>();

        Assert.That(panels.Select(panel => panel.GetProperty("id").GetInt32()), Is.Unique);
        foreach (var panel in panels)
        {
            var place = panel.GetProperty("gridPos");
            var (x, y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
            var (width, height) = (place.GetProperty("w").GetInt32(), place.GetProperty("h").GetInt32());
            Assert.That(x + width, Is.LessThanOrEqualTo(24), "Grafana's grid has 24 columns");
            var covered = Enumerable.Range(x, width).SelectMany(i => Enumerable.Range(y, height).Select(j => (i, j)));
            Assert.That(covered.All(cells.Add), $"panel \"{panel.GetProperty("title").GetString()}\" covers another one");
        }
    }

    [TestCase('(', ')')]
    [TestCase('{', '}')]
    [TestCase('[', ']')]
    public void Dashboard_Expressions_CloseTheirBrackets(char open, char close) => Assert.That(
        Expressions(), Has.All.Matches<string>(text => text!.Count(c => c == open) == text!.Count(c => c == close)));

    [Test]
    public void ScrapeConfiguration_Target_IsTheAddressOfTheAgentsExample()
    {
        var address = Regex.Match(Read("metrics-agent.hcl"), "address += \"([^\"]+)\"").Groups[1].Value;

        Assert.That(Read("prometheus.yml"), Does.Contain($"targets: [\"{address}\"]"));
        Assert.That(Read("prometheus.yml"), Does.Contain("prometheus-alerts.yml"));
    }

    [Test]
    public void EveryExample_IsNamedInTheReadme() => Assert.That(
        Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)).Where(name => name != "README.md"),
        Has.All.Matches<string>(name => Read("README.md").Contains($"({name})", StringComparison.Ordinal)));

    private static string Folder => Path.Combine(Repository.Root, "examples");

    private static string Read(string name) => File.ReadAllText(Path.Combine(Folder, name));

    private static List<string> Expressions()
    {
        using var dashboard = JsonDocument.Parse(Read("grafana-dashboard.json"));
        return dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!)
            .ToList();
    }
}

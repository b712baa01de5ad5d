using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Metrics.Allocations;
using DevicePlugin.Nomad.Services;
using Prometheus;

namespace DevicePlugin.Metrics;

/// <summary>The series about the plugin, the driver and the tasks. There are few, so they are written for each scrape.</summary>
internal sealed class Exposition
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly MetricFactory _factory;

    public Exposition() => _factory = Prometheus.Metrics.WithCustomRegistry(_registry);

    public Task WriteAsync(Stream stream) => _registry.CollectAndExportAsTextAsync(stream);

    public void AddPlugin(ServiceActivity activity, int pages)
    {
        Add(NodeMetricTable.Build, 1, BuildInfo.Version, BuildInfo.Commit, BuildInfo.Runtime, BuildInfo.Flavour);
        Add(NodeMetricTable.Reservations, activity.Reservations);
        Add(NodeMetricTable.ReservedDevices, activity.ReservedDevices);
        Add(NodeMetricTable.Refusals, activity.Refusals);
        Add(NodeMetricTable.Streams, activity.FingerprintStreams, "fingerprint");
        Add(NodeMetricTable.Streams, activity.StatsStreams, "stats");
        Add(NodeMetricTable.Pages, pages);
    }

    public void AddExceptions(IEnumerable<HealthExemption> exceptions)
    {
        foreach (var exception in exceptions)
        {
            Add(NodeMetricTable.HealthException, 1, exception.Key, exception.Value);
        }
    }

    public void AddKernelLog(KernelLogTotals totals)
    {
        Add(NodeMetricTable.LogLinesLost, totals.LinesLost);
        foreach (var error in totals.SwitchErrors.ByCode)
        {
            Add(NodeMetricTable.SwitchErrors, error.Count, error.Code.ToString(CultureInfo.InvariantCulture));
        }
    }

    public void AddSample(StatisticsSample sample)
    {
        var driver = sample.Inventory.Driver;
        Add(NodeMetricTable.Driver, driver.IsLoaded ? 1 : 0,
            DriverStateWord.Of(driver.State), driver.Version ?? "", driver.Cuda?.ToString() ?? "",
            sample.Inventory.IsSimulated ? "true" : "false");
        Add(NodeMetricTable.SampleTime, sample.Timestamp.ToUnixTimeMilliseconds() / 1000.0);
    }

    /// <param name="answers">Null where Nomad is not asked.</param>
    public void AddUses(StatisticsSample sample, IReadOnlyList<DeviceUse> uses, bool? answers, string hostname)
    {
        if (answers is { } known)
        {
            Add(NodeMetricTable.NomadAnswers, known ? 1 : 0);
        }

        if (uses.Count == 0)
        {
            return;
        }

        var devices = sample.Inventory.Devices.ToDictionary(device => device.Id, StringComparer.Ordinal);
        foreach (var use in uses)
        {
            if (devices.TryGetValue(use.DeviceId, out var device))
            {
                string[] labels =
                [
                    .. DeviceLabels.Of(device.Gpu, hostname),
                    use.DeviceId, use.AllocationId, use.Task, use.Job, use.Namespace,
                ];
                Add(NodeMetricTable.Allocation, 1, labels);
            }
        }
    }

    private void Add(MetricDefinition definition, double value, params string[] labels) =>
        new SeriesColumn(_factory, definition).Set("", labels, value);
}

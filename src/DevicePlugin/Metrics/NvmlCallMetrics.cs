using DevicePlugin.Hardware.Nvml;
using Prometheus;

namespace DevicePlugin.Metrics;

/// <summary>Counts the calls to NVML for as long as metrics are served.</summary>
internal sealed class NvmlCallMetrics : IDisposable
{
    // From a value that the driver has at hand to a call that waits for a GPU to wake.
    private static readonly double[] Seconds = [1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 5e-3, 0.01, 0.05, 0.1, 0.5, 1, 10];

    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly NvmlCallMeter _meter;

    public NvmlCallMetrics(NvmlCallMeter meter)
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(_registry);
        var duration = factory.CreateHistogram(
            NodeMetricTable.NvmlDuration.Name, NodeMetricTable.NvmlDuration.Help,
            new HistogramConfiguration
            {
                LabelNames = [.. NodeMetricTable.NvmlDuration.Labels],
                Buckets = Seconds,
                ExemplarBehavior = ExemplarBehavior.NoExemplars(),
            });
        var errors = factory.CreateCounter(
            NodeMetricTable.NvmlErrors.Name, NodeMetricTable.NvmlErrors.Help,
            new CounterConfiguration
            {
                LabelNames = [.. NodeMetricTable.NvmlErrors.Labels],
                ExemplarBehavior = ExemplarBehavior.NoExemplars(),
            });
        _meter = meter;
        _meter.Observe((function, time, error) =>
        {
            duration.WithLabels(function).Observe(time.TotalSeconds);
            if (error is not null)
            {
                errors.WithLabels(function, error).Inc();
            }
        });
    }

    public Task WriteAsync(Stream stream) => _registry.CollectAndExportAsTextAsync(stream);

    public void Dispose() => _meter.Observe(null);
}

using Prometheus;

namespace DevicePlugin.Metrics;

/// <summary>The metrics of one sample: made for it and thrown away, so that no series outlives its device or its value.</summary>
internal sealed class MetricWriter
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly MetricFactory _factory;

    public MetricWriter() => _factory = Prometheus.Metrics.WithCustomRegistry(_registry);

    /// <summary>A metric that gets no value is not written at all.</summary>
    public Action<double, string[]> Open(MetricDefinition definition)
    {
        if (definition.Kind == MetricKind.Counter)
        {
            Counter? counter = null;
            return (value, labels) => (counter ??= NewCounter(definition)).WithLabels(labels).IncTo(value);
        }

        Gauge? gauge = null;
        return (value, labels) => (gauge ??= NewGauge(definition)).WithLabels(labels).Set(value);
    }

    public void Add(MetricDefinition definition, double value, params string[] labels) => Open(definition)(value, labels);

    public Task WriteAsync(Stream stream) => _registry.CollectAndExportAsTextAsync(stream);

    private Gauge NewGauge(MetricDefinition definition) => _factory.CreateGauge(
        definition.Name, definition.Help, new GaugeConfiguration { LabelNames = [.. definition.Labels] });

    private Counter NewCounter(MetricDefinition definition) => _factory.CreateCounter(
        definition.Name, definition.Help,
        new CounterConfiguration { LabelNames = [.. definition.Labels], ExemplarBehavior = ExemplarBehavior.NoExemplars() });
}

using Prometheus;

namespace DevicePlugin.Metrics;

/// <summary>The series of one metric. Without a value there is none; a metric without series is not written.</summary>
internal sealed class SeriesColumn(MetricFactory factory, MetricDefinition definition)
{
    private readonly Dictionary<string, object> _series = new(StringComparer.Ordinal);
    private object? _metric;

    /// <param name="key">Whose series it is.</param>
    /// <param name="labels">The same each time for the key.</param>
    /// <param name="value">Null takes the series away.</param>
    public void Set(string key, string[] labels, double? value)
    {
        _series.TryGetValue(key, out var series);
        if (value is not { } number)
        {
            (series as Gauge.Child)?.Unpublish();
            (series as Counter.Child)?.Unpublish();
        }
        else if (definition.Kind == MetricKind.Counter)
        {
            SetCounter(key, labels, series as Counter.Child, number);
        }
        else
        {
            var gauge = series as Gauge.Child;
            if (gauge is null)
            {
                _series[key] = gauge = ((Gauge)(_metric ??= NewGauge())).WithLabels(labels);
            }

            gauge.Set(number);
        }
    }

    private void SetCounter(string key, string[] labels, Counter.Child? counter, double value)
    {
        // The driver's counters start again from 0 when it is loaded.
        if (counter is not null && value < counter.Value)
        {
            counter.Remove();
            counter = null;
        }

        if (counter is null)
        {
            _series[key] = counter = ((Counter)(_metric ??= NewCounter())).WithLabels(labels);
        }

        counter.IncTo(value);
        counter.Publish();
    }

    private Gauge NewGauge() => factory.CreateGauge(
        definition.Name, definition.Help,
        new GaugeConfiguration { LabelNames = [.. definition.Labels], SuppressInitialValue = true });

    private Counter NewCounter() => factory.CreateCounter(
        definition.Name, definition.Help,
        new CounterConfiguration
        {
            LabelNames = [.. definition.Labels],
            SuppressInitialValue = true,
            ExemplarBehavior = ExemplarBehavior.NoExemplars(),
        });
}

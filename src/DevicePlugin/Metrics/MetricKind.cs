namespace DevicePlugin.Metrics;

internal enum MetricKind
{
    Gauge,
    Counter,
    Histogram,
}

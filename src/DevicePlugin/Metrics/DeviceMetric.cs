namespace DevicePlugin.Metrics;

/// <summary>One value of a GPU or a MIG instance.</summary>
/// <param name="Definition">Its labels are those of <see cref="DeviceLabels"/>.</param>
/// <param name="Read">Null where the device does not have the value: the series is then absent.</param>
internal sealed record DeviceMetric(MetricDefinition Definition, Func<DeviceReading, double?> Read);

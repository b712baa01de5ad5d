namespace DevicePlugin.Watching;

internal readonly record struct UtilizationPoint(DateTimeOffset Time, double? Percent);

namespace DevicePlugin.Watching;

internal sealed class UtilizationPoint(DateTimeOffset time, double? percent)
{
    public DateTimeOffset Time { get; } = time;

    public double? Percent { get; } = percent;
}

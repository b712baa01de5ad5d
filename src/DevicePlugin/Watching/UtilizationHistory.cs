namespace DevicePlugin.Watching;

/// <summary>The utilization of every device in the last minute.</summary>
internal sealed class UtilizationHistory
{
    public static readonly TimeSpan Span = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, UtilizationPoint[]> _points = new(StringComparer.Ordinal);

    /// <summary>Adds a point and returns those of the last minute, with one before them to go on from.</summary>
    public UtilizationPoint[] Add(string uuid, UtilizationPoint point)
    {
        var points = _points.GetValueOrDefault(uuid) ?? [];
        var old = 0;
        while (old + 1 < points.Length && points[old + 1].Time <= point.Time - Span)
        {
            old++;
        }

        return _points[uuid] = [.. points[old..], point];
    }

    /// <summary>Forgets devices that are gone.</summary>
    public void Keep(IReadOnlySet<string> uuids)
    {
        foreach (var gone in _points.Keys.Where(uuid => !uuids.Contains(uuid)).ToList())
        {
            _points.Remove(gone);
        }
    }
}

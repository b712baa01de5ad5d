namespace DevicePlugin.Gpu.Health;

/// <summary>The catalog as the configuration changes it.</summary>
public sealed class XidTable(IEnumerable<int> ignored, IEnumerable<int> critical)
{
    public static readonly XidTable Default = new([], []);

    // XIDs have had at most three digits since there are any: what is longer was read from a broken event.
    private const long Largest = 999;

    private readonly long[] _ignored = [.. ignored.Select(code => (long)code)];
    private readonly long[] _critical = [.. critical.Select(code => (long)code)];

    public IEnumerable<long> Ignored => _ignored;

    public bool IsCritical(long code) => _critical.Contains(code);

    public XidEntry Find(long code)
    {
        var entry = XidCatalog.Find(code);
        if (_ignored.Contains(code))
        {
            return entry with { Resolution = XidResolution.Ignore, Source = "health.ignored_xids" };
        }

        return _critical.Contains(code) && !entry.IsUnfit
            ? entry with { Resolution = XidResolution.ResetGpu, Source = "health.critical_xids" }
            : entry;
    }

    /// <summary>A number that no driver gives is counted and logged, and judged only where the operator lists it.</summary>
    public bool IsPossible(long code) => code is >= 1 and <= Largest || _critical.Contains(code);
}

namespace DevicePlugin.StatusPage;

/// <summary>When each device was reserved last.</summary>
internal sealed class ReservedDevices(TimeProvider time)
{
    // More than any node offers: only real devices are reserved, so that this is never reached.
    private const int Most = 8192;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _latest = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, DateTimeOffset> Latest
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, DateTimeOffset>(_latest, StringComparer.Ordinal);
            }
        }
    }

    public void Add(IReadOnlyList<string> ids)
    {
        lock (_gate)
        {
            foreach (var id in ids)
            {
                if (_latest.Count < Most || _latest.ContainsKey(id))
                {
                    _latest[id] = time.GetUtcNow();
                }
            }
        }
    }
}

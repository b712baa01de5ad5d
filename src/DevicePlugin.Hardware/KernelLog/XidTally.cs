using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>
/// Errors that wait for an enumeration to be told with. However many there are, each kind is kept once, with how often, and
/// when it came first and last, so that a rare, grave error is not lost in a flood.
/// </summary>
internal sealed class XidTally
{
    // More kinds than that come from something broken.
    private const int MostKinds = 4096;

    private readonly Dictionary<Key, Entry> _entries = [];

    /// <summary>The PCI addresses of the GPUs that have XIDs here.</summary>
    public IEnumerable<string> Addresses =>
        _entries.Keys.Where(key => key.Kind == KernelMessageKind.Xid).Select(key => key.Address).Distinct();

    /// <summary>True when it is the first of its kind.</summary>
    /// <param name="message">What the line says.</param>
    /// <param name="at">When it was written.</param>
    /// <param name="line">Where it is.</param>
    /// <param name="era">Those of different ones are different kinds.</param>
    public bool Add(KernelMessage message, DateTimeOffset at, KernelLogPosition line, int era = 0) =>
        Add(Key.Of(message, era), new Entry(message, 1, at, at, line));

    /// <summary>Adds the content of an earlier tally.</summary>
    public void AddEarlier(XidTally earlier)
    {
        foreach (var (key, entry) in earlier._entries)
        {
            _entries.Remove(key, out var later);
            Add(key, entry);
            if (later is not null)
            {
                Add(key, later);
            }
        }
    }

    public void Clear() => _entries.Clear();

    /// <summary>
    /// The events of all but the XIDs whose GPU <paramref name="findUuid"/> does not know, in the order of their lines.
    /// </summary>
    public IReadOnlyList<GpuEvent> Take(Func<string, string?> findUuid)
    {
        var events = new List<GpuEvent>();
        foreach (var (key, entry) in _entries)
        {
            var isXid = key.Kind == KernelMessageKind.Xid;
            var uuid = isXid ? findUuid(key.Address) : null;
            if (!isXid || uuid is not null)
            {
                events.Add(entry.Message.ToEvent(uuid) with
                {
                    Count = entry.Count,
                    At = entry.First,
                    LastAt = entry.Last,
                    Line = entry.Line,
                });
                _entries.Remove(key);
            }
        }

        return [.. events.OrderBy(gpuEvent => gpuEvent.Line!.Sequence)];
    }

    private bool Add(Key key, Entry added)
    {
        if (_entries.TryGetValue(key, out var entry))
        {
            _entries[key] = entry with { Count = entry.Count + added.Count, Last = added.Last, Line = added.Line };
            return false;
        }

        if (_entries.Count < MostKinds)
        {
            _entries.Add(key, added);
        }

        return true;
    }

    private readonly record struct Key(
        KernelMessageKind Kind, string Address, long Code, int? GpuInstance, int? ComputeInstance, int Era)
    {
        public static Key Of(KernelMessage message, int era) =>
            new(message.Kind, message.Address, message.Code, message.GpuInstance, message.ComputeInstance, era);
    }

    private sealed record Entry(
        KernelMessage Message, long Count, DateTimeOffset First, DateTimeOffset Last, KernelLogPosition Line);
}

using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Health;

/// <summary>XID errors of one physical GPU since this process started.</summary>
public readonly record struct XidRecord(long Count, long? Last)
{
    // A broken driver could make up a new number each time.
    private const int MostCodes = 64;

    private readonly ImmutableSortedDictionary<long, long>? _byCode = null;

    /// <summary>How often each number came; of more than 64 numbers the later ones are in the total only.</summary>
    public ImmutableSortedDictionary<long, long> ByCode
    {
        get => _byCode ?? ImmutableSortedDictionary<long, long>.Empty;
        private init => _byCode = value;
    }

    internal XidRecord With(long code) => new(Count + 1, code)
    {
        ByCode = ByCode.ContainsKey(code) || ByCode.Count < MostCodes
            ? ByCode.SetItem(code, ByCode.GetValueOrDefault(code) + 1)
            : ByCode,
    };
}

using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Health;

/// <summary>XID errors of one physical GPU since this process started.</summary>
public sealed record XidRecord(long Count, long? Last)
{
    public static readonly XidRecord None = new(0, null);

    // A broken driver could make up a new number each time.
    private const int MostCodes = 64;

    /// <summary>In the order of the numbers; of more than 64 of them the later ones are in the total only.</summary>
    public ImmutableArray<XidCount> ByCode { get; private init; } = [];

    internal XidRecord With(long code, long times = 1) =>
        new(Count + times, code) { ByCode = AddTo(ByCode, code, times) };

    private static ImmutableArray<XidCount> AddTo(ImmutableArray<XidCount> counts, long code, long times)
    {
        var known = counts.FirstOrDefault(count => count.Code == code);
        if (known is not null)
        {
            return counts.Replace(known, known with { Count = known.Count + times });
        }

        return counts.Length < MostCodes
            ? [.. counts.Add(new XidCount(code, times)).OrderBy(count => count.Code)]
            : counts;
    }
}

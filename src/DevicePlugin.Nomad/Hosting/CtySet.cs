using System.Buffers;

namespace DevicePlugin.Nomad.Hosting;

/// <summary>A set: each value once, in an order that depends on nothing but the values.</summary>
internal static class CtySet
{
    public static CtyValue.Sequence Create(IEnumerable<CtyValue> items)
    {
        var distinct = items.DistinctBy(Encode).ToList();
        distinct.Sort(Compare);
        return new CtyValue.Sequence(distinct);
    }

    // cty sorts texts and numbers by value and false before true; for the rest any fixed order will do.
    private static int Compare(CtyValue left, CtyValue right) => (left, right) switch
    {
        (CtyValue.Text a, CtyValue.Text b) => string.CompareOrdinal(a.Value, b.Value),
        (CtyValue.Number a, CtyValue.Number b) => a.Value.CompareTo(b.Value),
        _ => string.CompareOrdinal(Encode(left), Encode(right)),
    };

    private static string Encode(CtyValue value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        CtyMessagePack.Write(buffer, value);
        return Convert.ToHexString(buffer.WrittenSpan);
    }
}

using System.Globalization;

namespace DevicePlugin.Output;

/// <summary>Replicas of one device in one row: <c>GPU-...::0..9</c> for ten that a reader could not tell apart.</summary>
internal static class ReplicaRanges
{
    private const string Mark = "::";

    /// <summary>Folds neighbours whose numbers follow one another; everything else stays as it is.</summary>
    /// <param name="devices">In the order of the table.</param>
    /// <param name="areAlike">Whether two devices would have the same row.</param>
    public static List<(string Id, T Device)> Fold<T>(
        IEnumerable<KeyValuePair<string, T>> devices, Func<T, T, bool> areAlike)
    {
        var rows = new List<(string Id, T Device)>();
        var (uuid, first, last) = ("", -1, -1);
        foreach (var (id, device) in devices)
        {
            var (head, number) = Split(id);
            if (number >= 0 && number == last + 1 && head == uuid && areAlike(rows[^1].Device, device))
            {
                last = number;
                rows[^1] = ($"{head}{Mark}{first}..{last}", rows[^1].Device);
            }
            else
            {
                (uuid, first, last) = (head, number, number);
                rows.Add((id, device));
            }
        }

        return rows;
    }

    /// <summary>By device, the replicas of each by their number.</summary>
    public static int Compare(string x, string y)
    {
        var (one, other) = (Split(x), Split(y));
        var order = string.CompareOrdinal(one.Head, other.Head);
        return order != 0 ? order : one.Number.CompareTo(other.Number);
    }

    // The number is -1 where there is none.
    private static (string Head, int Number) Split(string id)
    {
        var mark = id.LastIndexOf(Mark, StringComparison.Ordinal);
        return mark > 0
            && int.TryParse(id.AsSpan(mark + Mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (id[..mark], number)
            : (id, -1);
    }
}

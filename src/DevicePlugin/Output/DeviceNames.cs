namespace DevicePlugin.Output;

/// <summary>Short forms of device ids for narrow tables, as long as no two of them look alike.</summary>
internal static class DeviceNames
{
    private const int PrefixLength = 12;
    private const string ReplicaMark = "::";

    public static IReadOnlyDictionary<string, string> Shorten(IReadOnlyCollection<string> ids) =>
        TryShorten(ids, head => head[..PrefixLength]) ??
        TryShorten(ids, head => $"{head[..4]}..{head[^PrefixLength..]}") ??
        ids.ToDictionary(id => id);

    private static Dictionary<string, string>? TryShorten(IReadOnlyCollection<string> ids, Func<string, string> cut)
    {
        var shortened = ids.ToDictionary(id => id, id => Shorten(id, cut));
        return shortened.Values.Distinct().Count() == ids.Count ? shortened : null;
    }

    // "GPU-...::3" keeps its replica number.
    private static string Shorten(string id, Func<string, string> cut)
    {
        var mark = id.IndexOf(ReplicaMark, StringComparison.Ordinal);
        var head = mark < 0 ? id : id[..mark];
        return head.Length > PrefixLength * 2 ? cut(head) + id[head.Length..] : id;
    }
}

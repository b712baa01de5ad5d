namespace DevicePlugin.Nomad.Configuration;

/// <summary>Finds what someone meant by a key that does not exist.</summary>
internal static class KeySuggestion
{
    private const int ComparedLength = 40;

    /// <summary>The key or block whose name takes the fewest edits; one elsewhere counts as one edit more.</summary>
    public static string Nearest(string block, string name)
    {
        name = Shorten(name);
        var keys = ConfigSchema.Keys.Select(key => (key.Path, key.Name, key.Block));
        var blocks = ConfigSchema.Blocks.Select(known => (Path: known.Name, known.Name, Block: ""));
        return keys.Concat(blocks)
            .MinBy(known => Edits(name, known.Name) + (known.Block == block ? 0 : 1))
            .Path;
    }

    // The name of a key that does not exist may be anything.
    public static string Shorten(string name)
    {
        var plain = name.Take(ComparedLength).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        return string.Concat(plain) + (name.Length > ComparedLength ? "..." : "");
    }

    // Levenshtein's distance, of which only the last row is kept.
    private static int Edits(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j - 1], row[j]) + 1);
            }
        }

        return row[^1];
    }
}

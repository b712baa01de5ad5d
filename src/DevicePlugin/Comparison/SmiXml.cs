using System.Text;

namespace DevicePlugin.Comparison;

/// <summary>
/// Reads the XML of <c>nvidia-smi -q -x</c>. It is a reader of its own because that output is not always well-formed (some
/// drivers close <c>supported_mem_clock</c> twice), and because .NET's would make the executable a megabyte larger.
/// </summary>
internal static class SmiXml
{
    private const string RootName = "nvidia_smi_log";

    // The deepest element that is known has six above it.
    private const int MostDepth = 32;

    /// <exception cref="FormatException">It is something else, or cut off.</exception>
    public static SmiElement Read(string text)
    {
        var document = new SmiElement("", null);
        var open = document;
        for (var at = 0; text.IndexOf('<', at) is >= 0 and var begin;)
        {
            open.AddText(Decode(text[at..begin]));
            var end = text.IndexOf('>', begin);
            if (end < 0)
            {
                throw new FormatException("it ends in the middle of a tag");
            }

            open = Follow(text[(begin + 1)..end], open);
            at = end + 1;
        }

        var root = document.Child(RootName) ?? throw new FormatException($"it has no element {RootName}");
        return open == document ? root : throw new FormatException($"it ends inside the element {open.Name}");
    }

    private static SmiElement Follow(string tag, SmiElement open)
    {
        if (tag is ['?' or '!', ..] or [])
        {
            return open;
        }

        if (tag[0] == '/')
        {
            return Close(tag[1..].Trim(), open);
        }

        if (open.Depth == MostDepth)
        {
            throw new FormatException($"its elements are nested more than {MostDepth} deep");
        }

        var child = new SmiElement(tag.Split(' ', '\t', '\n', '/')[0], open);
        open.Children.Add(child);
        return tag[^1] == '/' ? open : child;
    }

    // What was opened since and not closed ends with it; a tag that closes nothing is left out.
    private static SmiElement Close(string name, SmiElement open)
    {
        for (var element = open; element.Parent is { } above; element = above)
        {
            if (element.Name == name)
            {
                return above;
            }
        }

        return open;
    }

    // &amp; is replaced last, so that "&amp;lt;" becomes "&lt;" and not "<".
    private static string Decode(string text) => text.Contains('&', StringComparison.Ordinal)
        ? new StringBuilder(text).Replace("&lt;", "<").Replace("&gt;", ">").Replace("&quot;", "\"").Replace("&apos;", "'")
            .Replace("&amp;", "&").ToString()
        : text;
}

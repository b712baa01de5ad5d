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

    // 600 a GPU (driver 580), and 8 for each of its processes.
    private const int MostElements = 200_000;
    private const int MostNamed = 3;

    /// <exception cref="FormatException">It is something else, or cut off.</exception>
    public static SmiElement Read(string text)
    {
        var document = new SmiElement("", null);
        var open = document;
        var tags = 0;
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
            if (++tags > 2 * MostElements)
            {
                throw new FormatException($"it has more than {MostElements} elements");
            }
        }

        if (open != document)
        {
            throw new FormatException($"it ends inside the element {open.Name}");
        }

        var root = document.Child(RootName) ?? throw new FormatException($"it has no element {RootName}");
        return document.Children.Count == 1
            ? root
            : throw new FormatException(
                $"it has {document.Children.Count} outermost elements: {string.Join(", ", document.Children.Take(MostNamed).Select(element => element.Name))}");
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

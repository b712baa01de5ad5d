using System.Globalization;
using System.Text;

namespace DevicePlugin.Gpu.Operations;

/// <summary>
/// Text of people that goes into records, logs and Nomad's tables: one short line. An environment variable, an argument or a
/// file that was edited by hand may have anything in it.
/// </summary>
public static class OneLine
{
    public const int MostReason = 200;

    /// <summary>Longer than any name that Linux allows for a user (32, useradd(8)), and its addition.</summary>
    public const int MostCaller = 64;

    private const int MostName = 80;

    /// <summary>Cut to a number of characters, never inside one that takes two.</summary>
    public static string Of(string text, int most)
    {
        var line = Clean(text);
        if (line.Length <= most)
        {
            return line;
        }

        var end = most - 1;
        return $"{line[..(char.IsHighSurrogate(line[end - 1]) ? end - 1 : end)]}…";
    }

    /// <summary>The name of a GPU, as an operator wrote it, for a message.</summary>
    public static string OfName(string name) => Of(name, MostName);

    /// <summary>Without what moves a cursor, turns the direction of writing, or cannot be seen.</summary>
    public static string Clean(string text)
    {
        var line = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                line.Append(line is [.., not ' '] ? " " : "");
            }
            else if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned))
            {
                line.Append(rune.ToString());
            }
        }

        return line.ToString().TrimEnd();
    }
}

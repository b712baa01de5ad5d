using System.Globalization;

namespace DevicePlugin.Output;

/// <summary>
/// Names and reasons come from the driver, a tool, a file, the kernel log or the host's name. An escape sequence in them must not
/// reach the terminal, nor a character that turns the direction of writing.
/// </summary>
internal static class PrintableText
{
    private const char StandIn = '?';

    public static string Of(string text) => Replace(text, keepsLines: false);

    /// <summary>Ends of lines and tabs stay.</summary>
    public static string LinesOf(string text) => Replace(text, keepsLines: true);

    private static string Replace(string text, bool keepsLines)
    {
        foreach (var character in text)
        {
            if (MustGo(character, keepsLines))
            {
                return string.Create(text.Length, (text, keepsLines), static (printable, source) =>
                {
                    for (var i = 0; i < printable.Length; i++)
                    {
                        printable[i] = MustGo(source.text[i], source.keepsLines) ? StandIn : source.text[i];
                    }
                });
            }
        }

        return text;
    }

    private static bool MustGo(char character, bool keepsLines) => CharUnicodeInfo.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.Control => !keepsLines || character is not ('\n' or '\r' or '\t'),
        UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        _ => false,
    };
}

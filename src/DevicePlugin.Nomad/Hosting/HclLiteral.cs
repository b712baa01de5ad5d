using System.Globalization;
using System.Text;

namespace DevicePlugin.Nomad.Hosting;

/// <summary>
/// Reads the HCL expressions that schemas give as defaults: strings without templates, numbers, true, false, null,
/// tuples and objects of these. Functions, operators and references have no meaning in a default.
/// </summary>
internal static class HclLiteral
{
    private const int DeepestNesting = 32;

    /// <exception cref="FormatException">It is something else; the message names it.</exception>
    public static CtyValue Parse(string text)
    {
        var scanner = new HclScanner(text);
        var value = ParseValue(scanner, 0);
        scanner.ExpectEnd();
        return value;
    }

    private static CtyValue ParseValue(HclScanner scanner, int depth)
    {
        if (depth > DeepestNesting)
        {
            throw scanner.Fail($"it is nested deeper than {DeepestNesting} levels");
        }

        if (scanner.TryTake('"'))
        {
            return new CtyValue.Text(ParseString(scanner));
        }

        if (scanner.TryTake('['))
        {
            return ParseTuple(scanner, depth);
        }

        return scanner.TryTake('{') ? ParseObject(scanner, depth) : ParseWord(scanner);
    }

    private static CtyValue ParseWord(HclScanner scanner)
    {
        var word = scanner.TakeWord("+-._");
        return word switch
        {
            "true" => new CtyValue.Boolean(true),
            "false" => new CtyValue.Boolean(false),
            "null" => CtyValue.Null,
            _ when CtyNumber.TryParse(word, out var number) => new CtyValue.Number(number),
            "" => throw scanner.Fail(scanner.AtEnd ? "it ends too early" : $"'{scanner.Current}' begins no literal"),
            _ => throw scanner.Fail($"'{word}' is no literal"),
        };
    }

    private static CtyValue.Sequence ParseTuple(HclScanner scanner, int depth)
    {
        var items = new List<CtyValue>();
        while (!scanner.TryTake(']'))
        {
            items.Add(ParseValue(scanner, depth + 1));
            if (!scanner.TryTake(','))
            {
                scanner.Expect(']');
                break;
            }
        }

        return new CtyValue.Sequence(items);
    }

    // Members are divided by a comma or by the end of the line, keys and values by '=' or ':'.
    private static CtyValue.Mapping ParseObject(HclScanner scanner, int depth)
    {
        var items = CtyValue.Mapping.CreateItems();
        while (!scanner.TryTake('}'))
        {
            var key = scanner.TryTake('"') ? ParseString(scanner) : scanner.TakeWord("-_");
            if (key.Length == 0)
            {
                throw scanner.Fail("a key is missing");
            }

            if (!scanner.TryTake('='))
            {
                scanner.Expect(':');
            }

            items[key] = ParseValue(scanner, depth + 1);
            scanner.TryTake(',');
        }

        return new CtyValue.Mapping(items);
    }

    private static string ParseString(HclScanner scanner)
    {
        var result = new StringBuilder();
        while (true)
        {
            var c = scanner.Take();
            switch (c)
            {
                case '"':
                    return result.ToString();
                case '\\':
                    result.Append(ParseEscape(scanner));
                    break;
                case '$' or '%' when scanner.Current == '{':
                    throw scanner.Fail("templates are not supported");
                case '$' or '%' when scanner.Current == c:
                    AppendDoubledMark(scanner, result, c);
                    break;
                default:
                    result.Append(c);
                    break;
            }
        }
    }

    // "$${" stands for "${"; two marks before anything else are themselves.
    private static void AppendDoubledMark(HclScanner scanner, StringBuilder result, char mark)
    {
        scanner.Take();
        result.Append(mark);
        if (scanner.Current != '{')
        {
            result.Append(mark);
        }
        else
        {
            result.Append(scanner.Take());
        }
    }

    private static string ParseEscape(HclScanner scanner)
    {
        var c = scanner.Take();
        return c switch
        {
            'n' => "\n",
            'r' => "\r",
            't' => "\t",
            '"' or '\\' => c.ToString(),
            'u' => ParseCodePoint(scanner, 4),
            'U' => ParseCodePoint(scanner, 8),
            _ => throw scanner.Fail($"'\\{c}' is no escape sequence"),
        };
    }

    private static string ParseCodePoint(HclScanner scanner, int digits)
    {
        var hex = string.Concat(Enumerable.Range(0, digits).Select(_ => scanner.Take()));
        return int.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) &&
            Rune.TryCreate(code, out var rune)
                ? rune.ToString()
                : throw scanner.Fail($"'{hex}' is no code point");
    }
}

namespace DevicePlugin.Nomad.Hosting;

/// <summary>Reads type expressions such as <c>list(string)</c> or <c>object({ port = number })</c>.</summary>
internal static class HclTypeParser
{
    private const int DeepestNesting = 32;

    /// <exception cref="FormatException">It is no type expression; the message names it.</exception>
    public static HclType Parse(string text)
    {
        var scanner = new HclScanner(text);
        var type = ParseType(scanner, 0);
        scanner.ExpectEnd();
        return type;
    }

    private static HclType ParseType(HclScanner scanner, int depth)
    {
        if (depth > DeepestNesting)
        {
            throw scanner.Fail($"it is nested deeper than {DeepestNesting} levels");
        }

        var word = scanner.TakeWord("_");
        return word switch
        {
            "any" => HclType.Any,
            "string" => HclType.Text,
            "number" => HclType.Number,
            "bool" => HclType.Boolean,
            "list" => HclType.List(ParseArgument(scanner, depth)),
            "set" => HclType.Set(ParseArgument(scanner, depth)),
            "map" => HclType.Map(ParseArgument(scanner, depth)),
            "tuple" => ParseTuple(scanner, depth),
            "object" => ParseObject(scanner, depth),
            _ => throw scanner.Fail($"'{word}' is no type"),
        };
    }

    private static HclType ParseArgument(HclScanner scanner, int depth)
    {
        scanner.Expect('(');
        var type = ParseType(scanner, depth + 1);
        scanner.Expect(')');
        return type;
    }

    private static HclType ParseTuple(HclScanner scanner, int depth)
    {
        scanner.Expect('(');
        scanner.Expect('[');
        var types = new List<HclType>();
        while (!scanner.TryTake(']'))
        {
            types.Add(ParseType(scanner, depth + 1));
            scanner.TryTake(',');
        }

        scanner.Expect(')');
        return HclType.Tuple(types);
    }

    private static HclType ParseObject(HclScanner scanner, int depth)
    {
        scanner.Expect('(');
        scanner.Expect('{');
        var members = new Dictionary<string, HclType>();
        while (!scanner.TryTake('}'))
        {
            var name = scanner.TakeWord("_-");
            scanner.Expect('=');
            members[name] = ParseType(scanner, depth + 1);
            scanner.TryTake(',');
        }

        scanner.Expect(')');
        return HclType.Object(members);
    }
}

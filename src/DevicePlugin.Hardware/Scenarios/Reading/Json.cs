using System.Globalization;
using System.Text.Json;

namespace DevicePlugin.Hardware.Scenarios.Reading;

internal static class Json
{
    private const int LongestQuote = 80;

    public static bool IsObject(JsonElement element, string path, ProblemList problems)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            return true;
        }

        problems.Add(path, $"must be an object, not {Describe(element)}");
        return false;
    }

    public static bool TryGetText(JsonElement element, string path, ProblemList problems, out string text)
    {
        text = "";
        if (element.ValueKind != JsonValueKind.String)
        {
            problems.Add(path, $"must be text, not {Describe(element)}");
            return false;
        }

        text = element.GetString()!;
        if (text.Length == 0)
        {
            problems.Add(path, "must not be empty");
        }

        return text.Length > 0;
    }

    public static bool TryGetInteger(
        JsonElement element, long lowest, long highest, string path, ProblemList problems, out long value)
    {
        value = 0;
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out value))
        {
            problems.Add(path, $"must be a whole number, not {Describe(element)}");
            return false;
        }

        if (value < lowest || value > highest)
        {
            problems.Add(path, $"{value} is not within {lowest}..{highest}");
            return false;
        }

        return true;
    }

    public static bool TryGetDecimal(
        JsonElement element, double lowest, double highest, string path, ProblemList problems, out double value)
    {
        value = 0;
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out value))
        {
            problems.Add(path, $"must be a number, not {Describe(element)}");
            return false;
        }

        if (!(value >= lowest && value <= highest))
        {
            var range = string.Create(CultureInfo.InvariantCulture, $"{lowest}..{highest}");
            problems.Add(path, $"{Describe(element)} is not within {range}");
            return false;
        }

        return true;
    }

    /// <summary>JSON path of a member; a name that is no plain word is put in brackets.</summary>
    public static string Member(string path, string name) =>
        name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '$' or '-')
            ? $"{path}.{name}"
            : $"{path}[{Quote(name)}]";

    public static string Quote(string text) => $"\"{Shorten(JsonEncodedText.Encode(text).Value)}\"";

    public static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => Shorten(element.GetRawText()),
    };

    private static string Shorten(string text) =>
        text.Length <= LongestQuote ? text : string.Concat(text.AsSpan(0, LongestQuote), "...");
}

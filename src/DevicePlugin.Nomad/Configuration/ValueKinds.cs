using System.Diagnostics.CodeAnalysis;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>The kinds of values that the table of keys is made of.</summary>
internal static class ValueKinds
{
    public static readonly ScalarKind<bool> Flag = new("bool", "true or false", TryReadFlag);

    public static readonly ScalarKind<string> AbsolutePath = Text<string>("an absolute path", TextFormats.TryParsePath);

    public static readonly ScalarKind<string?> AbsolutePathOrEmpty =
        Text<string?>("an absolute path, or empty", OrEmpty(TextFormats.TryParsePath));

    public static readonly ScalarKind<string?> Library =
        Text<string?>("an absolute path, a bare file name, or empty", OrEmpty(TextFormats.TryParseLibrary));

    public static readonly ScalarKind<int?> Memory =
        Text<int?>("a size such as 4096M or 16G, or empty", TextFormats.TryParseMemory);

    public static readonly ScalarKind<HostPort?> ListenAddress =
        Text<HostPort?>("host:port such as 127.0.0.1:9400, :port for every address, or empty", TextFormats.TryParseListenAddress);

    public static readonly ScalarKind<Uri?> HttpAddress =
        Text<Uri?>("host:port or a URL such as http://127.0.0.1:4646, or empty", TextFormats.TryParseHttpAddress);

    public static readonly ListKind<int> Xids = new(
        "a list of XIDs, which are whole numbers from 0",
        WholeNumber("an XID, a whole number from 0", 0, int.MaxValue));

    internal delegate bool TextParser<T>(string text, out T result);

    public static ScalarKind<string> NonEmptyText(string allowed) => Text(allowed, (string text, out string result) =>
    {
        result = text;
        return text.Length > 0;
    });

    public static ListKind<string> Texts(string allowed)
    {
        return new(allowed, Text("text", (string text, out string result) =>
        {
            result = text;
            return true;
        }));
    }

    /// <summary>A list of words, each once; what is not one is told all of them.</summary>
    public static ListKind<string> OneOf(string allowed, IReadOnlyList<string> words) => new(
        allowed,
        Text($"{string.Join(", ", words.SkipLast(1))} or {words[^1]}", (string text, out string result) =>
        {
            result = text;
            return words.Contains(text);
        }),
        refuseRepeats: true);

    public static ScalarKind<T> Word<T>(params (string Word, T Meaning)[] words)
        where T : struct
    {
        var allowed = $"{string.Join(", ", words[..^1].Select(entry => entry.Word))} or {words[^1].Word}";
        return Text(allowed, (string text, out T result) =>
        {
            var index = Array.FindIndex(words, entry => entry.Word == text);
            result = index < 0 ? default : words[index].Meaning;
            return index >= 0;
        });
    }

    public static ScalarKind<TimeSpan> Duration(string allowed, TimeSpan? least = null, TimeSpan? most = null) =>
        Text(allowed, (string text, out TimeSpan result) =>
            GoDuration.TryParse(text, out result) && !(result < least) && !(result > most));

    public static ScalarKind<int> WholeNumber(string allowed, int least, int most) =>
        new("number", allowed, (ConfigValue value, out int result) =>
        {
            // cty writes a number that is neither an int64 nor a float64 as text, and HCL takes "4" for a number.
            var digits = (value as ConfigValue.Number)?.Digits ?? (value as ConfigValue.Text)?.Value ?? "";
            var accepted = Configuration.WholeNumber.TryParse(digits, out var number)
                && number >= least && number <= most;
            result = accepted ? (int)number : 0;
            return accepted;
        });

    // No path, address or id has a control character in it.
    private static ScalarKind<T> Text<T>(string allowed, TextParser<T> parse) =>
        new("string", allowed, (ConfigValue value, [MaybeNullWhen(false)] out T result) =>
        {
            result = default;
            return value is ConfigValue.Text { Value: { Length: <= ConfigLimits.TextLength } text }
                && !text.Any(char.IsControl)
                && parse(text, out result);
        });

    private static TextParser<string?> OrEmpty(TextParser<string> parse) => (string text, out string? result) =>
    {
        result = null;
        return text.Length == 0 || parse(text, out result);
    };

    private static bool TryReadFlag(ConfigValue value, out bool result)
    {
        result = value is ConfigValue.Flag { Value: true };
        return value is ConfigValue.Flag;
    }
}

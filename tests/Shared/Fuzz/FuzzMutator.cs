using System.Text;

namespace DevicePlugin.Tests.Fuzz;

/// <summary>Changes valid samples into inputs that are almost valid, which get further than random bytes do.</summary>
/// <param name="random">Decides everything: the same state gives the same input.</param>
/// <param name="samples">Valid inputs.</param>
/// <param name="words">What a format gives a meaning to, besides <see cref="CommonWords"/>.</param>
internal sealed class FuzzMutator(Random random, IReadOnlyList<byte[]> samples, IReadOnlyList<string> words)
{
    public const int MostBytes = 64 * 1024;

    private const int MostChanges = 6;

    // Numbers beyond each type, dates at both ends of the calendar, half surrogate pairs, and what ends or begins something.
    private static readonly string[] CommonWords =
    [
        "0", "-1", "1e999", "-1e999", "1e-999", "0.1", "NaN", "Infinity", "2147483648", "-2147483649", "4294967296",
        "9223372036854775808", "-9223372036854775808", "18446744073709551616", new('9', 400), "1e308",
        "0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.9999999+00:00", "9999-12-31T23:59:59-14:00",
        "\\ud800", "\\udc00\\ud800", "\\u0000", "\0", "\0\0\0\0", "\uFEFF", "\u202E", "\u00E4", "\U0001F525", "%s%n", "../../x",
        "null", "true", "false", "[]", "{}", "\"\"", "\"\\ud800\"", "[null]", "\"", "\\", "'", ",", ":", "=", ";", "#", "/*", "<<", "&a", "*a",
        "\n", "\r\n", "\t", " ", "",
    ];

    // The last two are an array and a map of one in MessagePack.
    private static readonly byte[][] Openings =
        [.. new[] { "[", "{\"a\":", "{", "(", "a {", "<a>", "- " }.Select(Encoding.UTF8.GetBytes), [0x91], [0x81, 0xA1, 0x61]];

    private static readonly int[] Depths = [7, 8, 9, 63, 64, 65, 1000, 10_000];

    private static readonly byte[][] BrokenUtf8 = [[0xED, 0xA0, 0x80], [0xC0, 0x80], [0xFF], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]];

    private readonly byte[][] _words = [.. CommonWords.Concat(words).Select(Encoding.UTF8.GetBytes), .. BrokenUtf8];

    public byte[] Next()
    {
        var input = One(samples);
        for (var left = random.Next(1, MostChanges + 1); left > 0; left--)
        {
            input = Change(input);
        }

        return input.Length > MostBytes ? input[..MostBytes] : input;
    }

    private byte[] Change(byte[] input) => random.Next(12) switch
    {
        0 => With(input, at => (byte)(input[at] ^ (1 << random.Next(8)))),
        1 => With(input, _ => (byte)random.Next(256)),
        2 => input[..random.Next(input.Length + 1)],
        3 => Replace(input, Part(input), []),
        4 => Repeat(input),
        5 => Splice(input, One(samples)),
        6 => Replace(input, Point(input), One(_words)),
        7 => Replace(input, Point(input), Nest()),
        8 => Replace(input, Word(input), input[Word(input)]),
        9 => Replace(input, Quoted(input), One(_words)),
        _ => Replace(input, Word(input), One(_words)),
    };

    private T One<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];

    private byte[] With(byte[] input, Func<int, byte> change)
    {
        if (input.Length == 0)
        {
            return input;
        }

        var changed = (byte[])input.Clone();
        var at = random.Next(input.Length);
        changed[at] = change(at);
        return changed;
    }

    private static byte[] Replace(byte[] input, Range range, ReadOnlySpan<byte> by)
    {
        var (start, length) = range.GetOffsetAndLength(input.Length);
        return [.. input.AsSpan(0, start), .. by, .. input.AsSpan(start + length)];
    }

    private Range Point(byte[] input)
    {
        var at = random.Next(input.Length + 1);
        return at..at;
    }

    private Range Part(byte[] input)
    {
        var start = random.Next(input.Length + 1);
        return start..random.Next(start, input.Length + 1);
    }

    /// <summary>What a reader takes for one value: letters, digits and what is inside numbers, dates and addresses.</summary>
    private Range Word(byte[] input)
    {
        var at = random.Next(input.Length + 1);
        var (start, end) = (at, at);
        while (start > 0 && IsOfWord(input[start - 1]))
        {
            start--;
        }

        while (end < input.Length && IsOfWord(input[end]))
        {
            end++;
        }

        return start..end;
    }

    private Range Quoted(byte[] input)
    {
        var range = Word(input);
        var (start, end) = (range.Start.Value, range.End.Value);
        return start > 0 && end < input.Length && input[start - 1] == '"' && input[end] == '"' ? (start - 1)..(end + 1) : range;
    }

    private static bool IsOfWord(byte character) => char.IsAsciiLetterOrDigit((char)character) || "+-._:".Contains((char)character);

    private byte[] Repeat(byte[] input)
    {
        var part = input[Part(input)];
        var times = part.Length == 0 ? 0 : random.Next(1, Math.Max(2, Math.Min(200, MostBytes / part.Length)));
        return Replace(input, Point(input), Enumerable.Repeat(part, times).SelectMany(bytes => bytes).ToArray());
    }

    private byte[] Splice(byte[] input, byte[] other) =>
        [.. input.AsSpan(0, random.Next(input.Length + 1)), .. other.AsSpan(random.Next(other.Length + 1))];

    private byte[] Nest()
    {
        var opening = One(Openings);
        return [.. Enumerable.Repeat(opening, One(Depths)).SelectMany(bytes => bytes)];
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>
/// Durations in the notation of Go's <c>time.ParseDuration</c>: <c>1m30s</c>, <c>500ms</c>, <c>1.5h</c>, <c>-2us</c>,
/// <c>0</c>.
/// </summary>
public static class GoDuration
{
    // Go counts nanoseconds in an int64 and refuses what does not fit; the smallest value has no positive counterpart.
    private const ulong LargestMagnitude = 1UL << 63;

    private static readonly (char Unit, long Ticks)[] Clock =
    [
        ('h', TimeSpan.TicksPerHour), ('m', TimeSpan.TicksPerMinute),
    ];

    /// <summary>
    /// False for whatever Go would refuse. What a <see cref="TimeSpan"/> cannot hold, below 100 ns, is cut off.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TimeSpan duration)
    {
        var parsed = TryParseNanoseconds(text, out var nanoseconds);
        duration = TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
        return parsed;
    }

    /// <summary>The shortest exact notation <c>5m</c>, where Go prints <c>5m0s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
        {
            return "0s";
        }

        // The magnitude of TimeSpan.MinValue does not fit a long.
        var ticks = (ulong)Int128.Abs(duration.Ticks);
        var text = new StringBuilder(duration < TimeSpan.Zero ? "-" : "");
        if (ticks < TimeSpan.TicksPerSecond)
        {
            var (unit, size) = ticks < TimeSpan.TicksPerMillisecond
                ? ("us", TimeSpan.TicksPerMicrosecond)
                : ("ms", TimeSpan.TicksPerMillisecond);
            return text.Append(Amount(ticks, size)).Append(unit).ToString();
        }

        foreach (var (unit, size) in Clock)
        {
            var count = ticks / (ulong)size;
            ticks %= (ulong)size;
            if (count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
            }
        }

        return (ticks > 0 ? text.Append(Amount(ticks, TimeSpan.TicksPerSecond)).Append('s') : text).ToString();
    }

    internal static bool TryParseNanoseconds(string? text, out long nanoseconds)
    {
        nanoseconds = 0;
        var rest = text.AsSpan();
        var negative = rest is ['-', ..];
        rest = rest is ['-' or '+', ..] ? rest[1..] : rest;
        if (rest is "0")
        {
            return true;
        }

        var total = 0UL;
        do
        {
            if (!TryTakeTerm(ref rest, out var term) || term > LargestMagnitude - total)
            {
                return false;
            }

            total += term;
        }
        while (!rest.IsEmpty);

        if (total == LargestMagnitude && !negative)
        {
            return false;
        }

        nanoseconds = negative ? (long)(0 - total) : (long)total;
        return true;
    }

    private static string Amount(ulong ticks, long unit) =>
        ((decimal)ticks / unit).ToString("0.#######", CultureInfo.InvariantCulture);

    /// <summary>Takes a number and its unit off the front of <paramref name="rest"/>.</summary>
    private static bool TryTakeTerm(ref ReadOnlySpan<char> rest, out ulong nanoseconds)
    {
        nanoseconds = 0;
        var whole = TakeDigits(ref rest);
        ReadOnlySpan<char> fraction = [];
        if (rest is ['.', ..])
        {
            rest = rest[1..];
            fraction = TakeDigits(ref rest);
        }

        if ((whole.IsEmpty && fraction.IsEmpty) || !TryTakeUnit(ref rest, out var unit))
        {
            return false;
        }

        var count = 0UL;
        var most = LargestMagnitude / unit;
        foreach (var character in whole)
        {
            var digit = (ulong)(character - '0');
            if (count > (most - digit) / 10)
            {
                return false;
            }

            count = (count * 10) + digit;
        }

        // May exceed Go's limit by less than a unit, which the caller sees.
        nanoseconds = (count * unit) + FractionOf(unit, fraction);
        return true;
    }

    private static ReadOnlySpan<char> TakeDigits(scoped ref ReadOnlySpan<char> rest)
    {
        var length = rest.IndexOfAnyExceptInRange('0', '9');
        var digits = length < 0 ? rest : rest[..length];
        rest = rest[digits.Length..];
        return digits;
    }

    // A unit goes up to the next number, so "1sm" has none that is known.
    private static bool TryTakeUnit(ref ReadOnlySpan<char> rest, out ulong nanoseconds)
    {
        var length = 0;
        while (length < rest.Length && rest[length] is not ('.' or (>= '0' and <= '9')))
        {
            length++;
        }

        var unit = rest[..length];
        rest = rest[unit.Length..];
        nanoseconds = unit switch
        {
            "ns" => 1,
            "us" or "\u00B5s" or "\u03BCs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => 0,
        };
        return nanoseconds > 0;
    }

    // Go computes this in double precision, and ignores the digits that an int64 has no room for.
    private static ulong FractionOf(ulong unit, ReadOnlySpan<char> digits)
    {
        var numerator = 0UL;
        var scale = 1.0;
        foreach (var character in digits)
        {
            var digit = (ulong)(character - '0');
            if (numerator > (LargestMagnitude - digit) / 10)
            {
                break;
            }

            numerator = (numerator * 10) + digit;
            scale *= 10;
        }

        return (ulong)(numerator * (unit / scale));
    }
}

using System.Globalization;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>
/// Whole numbers in decimal notation, exactly: cty may write 4 as the integer, as the double 4.0 or as the text "4",
/// and 4.00000000000000000001, which a double would round to 4, is not whole.
/// </summary>
internal static class WholeNumber
{
    // As many digits as surely fit a long.
    private const int MaxDigits = 18;

    /// <summary>False for what is no number, not whole, or longer than 18 digits.</summary>
    public static bool TryParse(string text, out long value)
    {
        value = 0;
        if (text.Length > ConfigLimits.TextLength || !TrySplit(text, out var whole, out var fraction, out var exponent))
        {
            return false;
        }

        fraction = fraction.TrimEnd('0');
        var digits = string.Concat(whole, fraction).TrimStart('0');
        var significant = digits.TrimEnd('0');
        if (significant.Length == 0)
        {
            return true;
        }

        var zeros = exponent - fraction.Length + digits.Length - significant.Length;
        if (zeros < 0 || significant.Length + zeros > MaxDigits)
        {
            return false;
        }

        value = long.Parse(significant + new string('0', (int)zeros), CultureInfo.InvariantCulture);
        value = text[0] == '-' ? -value : value;
        return true;
    }

    private static bool TrySplit(
        ReadOnlySpan<char> text, out ReadOnlySpan<char> whole, out ReadOnlySpan<char> fraction, out long exponent)
    {
        fraction = [];
        exponent = 0;
        text = text is ['+' or '-', ..] ? text[1..] : text;
        var mark = text.IndexOfAny('e', 'E');
        whole = mark < 0 ? text : text[..mark];
        if (mark >= 0 && !TryParseExponent(text[(mark + 1)..], out exponent))
        {
            return false;
        }

        var point = whole.IndexOf('.');
        if (point >= 0)
        {
            fraction = whole[(point + 1)..];
            whole = whole[..point];
            if (!IsDigits(fraction))
            {
                return false;
            }
        }

        return IsDigits(whole);
    }

    // An int, so that no sum with a length overflows.
    private static bool TryParseExponent(ReadOnlySpan<char> text, out long exponent)
    {
        var parsed = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value);
        exponent = value;
        return parsed;
    }

    private static bool IsDigits(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');
}

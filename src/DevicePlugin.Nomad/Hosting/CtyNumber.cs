using System.Globalization;
using System.Numerics;

namespace DevicePlugin.Nomad.Hosting;

/// <summary>A decimal number of any size: <c>Mantissa * 10^Exponent</c>, without trailing zeros in the mantissa.</summary>
internal readonly record struct CtyNumber : IComparable<CtyNumber>
{
    private const int DoubleMantissaBits = 53;

    // Far beyond any setting, and small enough that nobody can ask for a number of a gigabyte.
    private const int LargestExponent = 300;

    private CtyNumber(BigInteger mantissa, int exponent)
    {
        Mantissa = mantissa;
        Exponent = exponent;
    }

    public BigInteger Mantissa { get; }

    public int Exponent { get; }

    public static bool TryParse(string text, out CtyNumber number)
    {
        number = default;
        var parts = text.Split('e', 'E');
        var exponent = 0;
        if (parts.Length > 2 ||
            (parts.Length == 2 && !int.TryParse(
                parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)))
        {
            return false;
        }

        var point = parts[0].IndexOf('.');
        var fraction = point < 0 ? 0 : parts[0].Length - point - 1;
        if (point == 0 || (point > 0 && fraction == 0) || Math.Abs((long)exponent) + parts[0].Length > LargestExponent ||
            !BigInteger.TryParse(
                point < 0 ? parts[0] : parts[0].Remove(point, 1),
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out var mantissa))
        {
            return false;
        }

        number = Normalize(mantissa, exponent - fraction);
        return true;
    }

    public bool TryGetInt64(out long value)
    {
        value = 0;
        if (Exponent < 0)
        {
            return false;
        }

        var whole = Mantissa * BigInteger.Pow(10, Exponent);
        if (whole < long.MinValue || whole > long.MaxValue)
        {
            return false;
        }

        value = (long)whole;
        return true;
    }

    /// <summary>Only where no digit is lost: 0.5 is a double, 0.1 is not.</summary>
    public bool TryGetExactDouble(out double value)
    {
        var bits = BigInteger.Abs(Mantissa);
        if (Exponent >= 0)
        {
            bits *= BigInteger.Pow(5, Exponent);
        }
        else
        {
            bits = BigInteger.DivRem(bits, BigInteger.Pow(5, -Exponent), out var remainder);
            if (!remainder.IsZero)
            {
                value = 0;
                return false;
            }
        }

        while (!bits.IsZero && bits.IsEven)
        {
            bits >>= 1;
        }

        value = double.Parse(
            $"{Mantissa.ToString(CultureInfo.InvariantCulture)}e{Exponent}", CultureInfo.InvariantCulture);
        return bits.GetBitLength() <= DoubleMantissaBits;
    }

    public int CompareTo(CtyNumber other)
    {
        var common = Math.Min(Exponent, other.Exponent);
        return (Mantissa * BigInteger.Pow(10, Exponent - common))
            .CompareTo(other.Mantissa * BigInteger.Pow(10, other.Exponent - common));
    }

    /// <summary>Plain digits, never an exponent.</summary>
    public override string ToString()
    {
        if (Exponent >= 0)
        {
            return (Mantissa * BigInteger.Pow(10, Exponent)).ToString(CultureInfo.InvariantCulture);
        }

        var digits = BigInteger.Abs(Mantissa).ToString(CultureInfo.InvariantCulture).PadLeft(1 - Exponent, '0');
        var sign = Mantissa.Sign < 0 ? "-" : "";
        return $"{sign}{digits[..^-Exponent]}.{digits[^-Exponent..]}";
    }

    private static CtyNumber Normalize(BigInteger mantissa, int exponent)
    {
        if (mantissa.IsZero)
        {
            return default;
        }

        while (BigInteger.Remainder(mantissa, 10).IsZero)
        {
            mantissa /= 10;
            exponent++;
        }

        return new CtyNumber(mantissa, exponent);
    }
}

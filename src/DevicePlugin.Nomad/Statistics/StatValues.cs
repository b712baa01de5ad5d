using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Nomad.Statistics;

/// <summary>Readings as Nomad's values: null stays null, and nothing that is no number gets through.</summary>
internal static class StatValues
{
    public static StatValue? Number(long? value) => value is { } n ? new StatValue { IntNumeratorVal = n } : null;

    /// <summary>NaN and infinities would break the JSON of Nomad's whole statistics answer.</summary>
    public static StatValue? Number(double? value) =>
        value is { } n && double.IsFinite(n) ? new StatValue { FloatNumeratorVal = n } : null;

    public static StatValue? Rounded(double? value) => Number(Round(value));

    /// <summary>Without a denominator the numerator still says something; the other way round it does not.</summary>
    public static StatValue? Ratio(long? numerator, long? denominator)
    {
        var value = Number(numerator);
        if (value is not null && denominator is { } n)
        {
            value.IntDenominatorVal = n;
        }

        return value;
    }

    public static StatValue? Ratio(double? numerator, double? denominator) => Ratio(Round(numerator), Round(denominator));

    public static StatValue? Flag(bool? value) => value is { } b ? new StatValue { BoolVal = b } : null;

    public static StatValue? Text(string? value) => value is null ? null : new StatValue { StringVal = value };

    private static long? Round(double? value) => value is { } n && double.IsFinite(n) ? (long)Math.Round(n) : null;
}

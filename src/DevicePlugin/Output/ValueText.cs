using System.Globalization;
using DevicePlugin.Nomad.Protocol;
using Attribute = DevicePlugin.Nomad.Protocol.Attribute;

namespace DevicePlugin.Output;

/// <summary>Values as Nomad's command line prints them (api/nodes.go, api/utils.go).</summary>
internal static class ValueText
{
    public static string Of(Attribute attribute)
    {
        var text = attribute.ValueCase switch
        {
            Attribute.ValueOneofCase.FloatVal => Format(attribute.FloatVal),
            Attribute.ValueOneofCase.IntVal => attribute.IntVal.ToString(CultureInfo.InvariantCulture),
            Attribute.ValueOneofCase.StringVal => attribute.StringVal,
            Attribute.ValueOneofCase.BoolVal => Format(attribute.BoolVal),
            _ => "",
        };
        return WithUnit(text, attribute.Unit);
    }

    public static string Of(StatValue value)
    {
        if (value.BoolVal is { } boolean)
        {
            return Format(boolean);
        }

        if (value.StringVal is { } text)
        {
            return text;
        }

        if (value.FloatNumeratorVal is { } numerator)
        {
            return Fraction(Format(numerator), value.FloatDenominatorVal is { } part ? Format(part) : null, value.Unit);
        }

        return value.IntNumeratorVal is { } whole
            ? Fraction(
                whole.ToString(CultureInfo.InvariantCulture),
                value.IntDenominatorVal?.ToString(CultureInfo.InvariantCulture),
                value.Unit)
            : "";
    }

    private static string Fraction(string numerator, string? denominator, string unit) =>
        WithUnit(denominator is null ? numerator : $"{numerator} / {denominator}", unit);

    private static string WithUnit(string text, string unit) => unit.Length == 0 ? text : $"{text} {unit}";

    private static string Format(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Format(bool value) => value ? "true" : "false";
}

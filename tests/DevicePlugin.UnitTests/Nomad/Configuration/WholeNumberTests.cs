using System.Globalization;
using CsCheck;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.UnitTests.Nomad.Configuration;

internal sealed class WholeNumberTests
{
    [TestCase("4", 4)]
    [TestCase("-3", -3)]
    [TestCase("+7", 7)]
    [TestCase("-0", 0)]
    [TestCase("4.0", 4)]
    [TestCase("0.0004e4", 4)]
    [TestCase("1.5E1", 15)]
    [TestCase("2560e-1", 256)]
    [TestCase("1e17", 100_000_000_000_000_000)]
    [TestCase("999999999999999999", 999_999_999_999_999_999)]
    [TestCase("0e2147483647", 0)]
    public void TryParse_WholeInAnyNotation_GivesIt(string text, long expected)
    {
        Assert.That(WholeNumber.TryParse(text, out var value), Is.True);
        Assert.That(value, Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("-")]
    [TestCase("four")]
    [TestCase("0x10")]
    [TestCase(" 4")]
    [TestCase("4 ")]
    [TestCase("1_000")]
    [TestCase("4.")]
    [TestCase(".5")]
    [TestCase("4e")]
    [TestCase("4e1.5")]
    [TestCase("1.5")]
    [TestCase("1e-1")]
    [TestCase("4.00000000000000000000000000001")]
    [TestCase("1000000000000000000")]
    [TestCase("1e400")]
    [TestCase("1e2147483647")]
    [TestCase("1e-2147483648")]
    [TestCase("1e99999999999")]
    [TestCase("NaN")]
    [TestCase("Infinity")]
    public void TryParse_NotWholeOrTooLarge_IsFalse(string text) =>
        Assert.That(WholeNumber.TryParse(text, out _), Is.False);

    [Test]
    public void TryParse_AnyIntegerAsIntegerOrDouble_GivesIt() =>
        Gen.Int.Sample(number => WholeNumber.TryParse(number.ToString(CultureInfo.InvariantCulture), out var whole)
            && WholeNumber.TryParse(((double)number).ToString("R", CultureInfo.InvariantCulture), out var fromDouble)
            && whole == number && fromDouble == number);

    // decimal is exact for as many digits as are made here.
    [Test]
    public void TryParse_AnyNotation_IsWholeExactlyWhereTheValueIs() =>
        Gen.Select(Gen.Int[-999_999, 999_999], Gen.Int[0, 6], Gen.Int[-6, 6]).Sample((digits, places, exponent) =>
        {
            var value = new decimal(Math.Abs(digits), 0, 0, digits < 0, (byte)places);
            var text = value.ToString(CultureInfo.InvariantCulture) + $"e{exponent}";
            var exact = exponent < 0
                ? value / (decimal)Math.Pow(10, -exponent)
                : value * (decimal)Math.Pow(10, exponent);

            return WholeNumber.TryParse(text, out var whole) ? whole == exact : exact != decimal.Truncate(exact);
        });
}

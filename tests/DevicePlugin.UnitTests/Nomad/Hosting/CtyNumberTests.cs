using System.Globalization;
using CsCheck;
using DevicePlugin.Nomad.Hosting;

namespace DevicePlugin.UnitTests.Nomad.Hosting;

internal sealed class CtyNumberTests
{
    [Test]
    public void TryParse_AnyDecimal_KeepsItsValue() => Gen.Decimal.Sample(value =>
    {
        Assert.That(CtyNumber.TryParse(value.ToString(CultureInfo.InvariantCulture), out var number), Is.True);
        Assert.That(decimal.Parse(number.ToString(), CultureInfo.InvariantCulture), Is.EqualTo(value));
    });

    [Test]
    public void TryGetExactDouble_AnyDyadicFraction_IsThatDouble() => Gen.Int.Select(Gen.Int[0, 20]).Sample(
        (mantissa, shift) =>
        {
            // A dyadic fraction has a finite decimal form, and is a double by construction.
            var value = mantissa / (decimal)(1 << shift);
            Assert.That(CtyNumber.TryParse(value.ToString(CultureInfo.InvariantCulture), out var number), Is.True);
            Assert.That(number.TryGetExactDouble(out var exact), Is.True);
            Assert.That(exact, Is.EqualTo(mantissa / (double)(1 << shift)));
        });

    [TestCase("")]
    [TestCase(".5")]
    [TestCase("5.")]
    [TestCase("1e")]
    [TestCase("1e2e3")]
    [TestCase("0x10")]
    [TestCase("1e999999999")]
    [TestCase("1e99999999999")]
    [TestCase("NaN")]
    public void TryParse_NoNumber_IsFalse(string text) => Assert.That(CtyNumber.TryParse(text, out _), Is.False);
}

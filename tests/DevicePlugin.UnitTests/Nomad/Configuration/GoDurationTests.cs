using CsCheck;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.UnitTests.Nomad.Configuration;

internal sealed class GoDurationTests
{
    private static readonly (string Unit, long Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ];

    [TestCase("0", 0)]
    [TestCase("+0", 0)]
    [TestCase("-0", 0)]
    [TestCase("0s", 0)]
    [TestCase("5s", 5_000_000_000)]
    [TestCase("1m30s", 90_000_000_000)]
    [TestCase("500ms", 500_000_000)]
    [TestCase("1.5h", 5_400_000_000_000)]
    [TestCase("1h2m3.5s", 3_723_500_000_000)]
    [TestCase("-1.5m", -90_000_000_000)]
    [TestCase("+2s", 2_000_000_000)]
    [TestCase("1us", 1_000)]
    [TestCase("1\u00B5s", 1_000, TestName = "micro sign")]
    [TestCase("1\u03BCs", 1_000, TestName = "Greek mu")]
    [TestCase("3ns", 3)]
    [TestCase(".5s", 500_000_000)]
    [TestCase("5.s", 5_000_000_000)]
    [TestCase("1s1h", 3_601_000_000_000)]
    [TestCase("1s1s", 2_000_000_000)]
    [TestCase("0.1ns", 0)]
    [TestCase("00007s", 7_000_000_000)]
    [TestCase("0.3333333333333333333h", 1_200_000_000_000)]
    [TestCase("0.100000000000000000000h", 360_000_000_000)]
    [TestCase("0.9223372036854775807h", 3_320_413_933_267)]
    [TestCase("9223372036854775807ns", long.MaxValue)]
    [TestCase("-9223372036854775808ns", long.MinValue)]
    [TestCase("-9223372036.854775808s", long.MinValue)]
    [TestCase("2540400h10m10s", 9_145_440_610_000_000_000)]
    public void TryParseNanoseconds_GoNotation_GivesWhatGoGives(string text, long expected)
    {
        Assert.That(GoDuration.TryParseNanoseconds(text, out var nanoseconds), Is.True);
        Assert.That(nanoseconds, Is.EqualTo(expected));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("3")]
    [TestCase("-")]
    [TestCase("+")]
    [TestCase("s")]
    [TestCase(".")]
    [TestCase("-.")]
    [TestCase(".s")]
    [TestCase("+.s")]
    [TestCase("1d")]
    [TestCase("1 s")]
    [TestCase(" 1s")]
    [TestCase("1s ")]
    [TestCase("1S")]
    [TestCase("1m-30s")]
    [TestCase("1h2")]
    [TestCase("--1s")]
    [TestCase("00")]
    [TestCase("1e3s")]
    [TestCase("1..5s")]
    [TestCase("\u0661s", TestName = "a digit that is not ASCII")]
    [TestCase("9223372036854775808ns")]
    [TestCase("9223372036854775.808us")]
    [TestCase("-9223372036854775809ns")]
    [TestCase("18446744073709551617ns")]
    [TestCase("9223372036854ms775us808ns")]
    [TestCase("3000000h")]
    [TestCase("2562047h47m16.854775808s")]
    [TestCase("-2562047h47m16.854775809s")]
    public void TryParse_NotGoNotationOrTooLong_IsFalse(string? text)
    {
        Assert.That(GoDuration.TryParse(text, out var duration), Is.False);
        Assert.That(duration, Is.EqualTo(TimeSpan.Zero));
    }

    [TestCase(0, "0s")]
    [TestCase(1, "0.1us")]
    [TestCase(15, "1.5us")]
    [TestCase(5_000_000, "500ms")]
    [TestCase(15_000_000, "1.5s")]
    [TestCase(900_000_000, "1m30s")]
    [TestCase(600_000_000, "1m")]
    [TestCase(-36_000_000_000, "-1h")]
    [TestCase(864_000_000_000, "24h")]
    public void Format_Ticks_IsTheShortestNotation(long ticks, string expected) =>
        Assert.That(GoDuration.Format(TimeSpan.FromTicks(ticks)), Is.EqualTo(expected));

    [Test]
    public void Format_AnyDurationThatGoHolds_ParsesToItself() =>
        Gen.Long[long.MinValue / 100, long.MaxValue / 100].Select(TimeSpan.FromTicks)
            .Sample(duration => GoDuration.TryParse(GoDuration.Format(duration), out var parsed) && parsed == duration);

    [Test]
    public void Format_AnyTimeSpan_DoesNotThrow()
    {
        Gen.Long.Select(TimeSpan.FromTicks).Sample(duration => GoDuration.Format(duration).Length > 1);
        Assert.That(GoDuration.Format(TimeSpan.MinValue), Does.StartWith("-256204778h48m5.4775808s"));
    }

    [Test]
    public void TryParseNanoseconds_AnyTermsInAnyOrder_AddUp() =>
        Gen.Select(Gen.Int[0, 100_000], Gen.Int[0, Units.Length - 1].Select(index => Units[index])).Array[1, 6].Sample(terms =>
        {
            var text = string.Concat(terms.Select(term => $"{term.Item1}{term.Item2.Unit}"));
            var sum = terms.Sum(term => term.Item1 * term.Item2.Nanoseconds);
            return GoDuration.TryParseNanoseconds(text, out var nanoseconds) && nanoseconds == sum
                && GoDuration.TryParseNanoseconds($"-{text}", out nanoseconds) && nanoseconds == -sum;
        });

    [Test]
    public void TryParse_AnyTextWithAnotherCharacter_IsFalse() =>
        Gen.Select(Gen.Char["0123456789.+-hmsunµ"].Array, Gen.Char["acdefgijklopqrtvwxyz ,:_ABC\0"]).Sample(
            (start, other) => !GoDuration.TryParse($"{new string(start)}{other}", out _));
}

using System.Reflection;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Plausibility;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Gpu.Statistics;

internal sealed class PlausibilityTests
{
    private static IEnumerable<TestCaseData> Readings() =>
        ReadingRanges.All.Select(range => new TestCaseData(range).SetArgDisplayNames(range.Name));

    private static IEnumerable<TestCaseData> Facts() =>
        FactRanges.All.Select(range => new TestCaseData(range).SetArgDisplayNames(range.Name));

    [TestCaseSource(nameof(Readings))]
    public void Reading_OutsideItsRange_IsLeftOutAlone(object range) => CheckRange((ValueRange<GpuReadings>)range);

    [TestCaseSource(nameof(Facts))]
    public void Fact_OutsideItsRange_IsLeftOutAlone(object range) => CheckRange((ValueRange<GpuFacts>)range);

    [Test]
    public void Ranges_EveryNumberThatIsRead_HasOne()
    {
        Assert.That(WithoutRange(ReadingRanges.All), Is.Empty);
        Assert.That(WithoutRange(FactRanges.All), Is.Empty);
    }

    [TestCase(1024L, 1024L, true)]
    [TestCase(1025L, 1024L, false)]
    [TestCase(-1L, 1024L, false)]
    [TestCase(1025L, null, true)]
    public void Reading_PartOfAWhole_IsAtMostTheWhole(long used, long? total, bool isKept)
    {
        using var logs = new TestLogs();

        var checkedReadings = new PlausibilityCheck<GpuReadings>(ReadingRanges.All, logs.CreateLogger("check")).Check(
            "GPU-a", new GpuReadings { MemoryUsedMiB = used, MemoryTotalMiB = total });

        Assert.That(checkedReadings.MemoryTotalMiB, Is.EqualTo(total));
        Assert.That(checkedReadings.MemoryUsedMiB, Is.EqualTo(isKept ? used : null));
    }

    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    [TestCase(-0.5)]
    [TestCase(100.5)]
    public void Reading_ActivityThatIsNoPart_IsLeftOut(double percent)
    {
        using var logs = new TestLogs();

        var checkedReadings = new PlausibilityCheck<GpuReadings>(ReadingRanges.All, logs.CreateLogger("check")).Check(
            "MIG-a", new GpuReadings { SmActivityPercent = percent, DramActivityPercent = 100 });

        Assert.That(checkedReadings, Is.EqualTo(new GpuReadings { DramActivityPercent = 100 }));
    }

    [Test]
    public void Reading_OfSeveralDevices_IsLoggedOnceForEach()
    {
        using var logs = new TestLogs();
        var check = new PlausibilityCheck<GpuReadings>(ReadingRanges.All, logs.CreateLogger("check"));
        for (var sample = 0; sample < 3; sample++)
        {
            check.Check("GPU-a", new GpuReadings { TemperatureC = 201, FanSpeedPercent = 151 });
            check.Check("GPU-b", new GpuReadings { TemperatureC = -61, FanSpeedPercent = 150 });
        }

        Assert.That(logs.Named("ImpossibleValue").Count(), Is.EqualTo(3));
        Assert.That(logs.Entries.Select(entry => entry.Level), Is.All.EqualTo(LogLevel.Warning));
    }

    private static void CheckRange<T>(ValueRange<T> range)
        where T : new()
    {
        using var logs = new TestLogs();
        var check = new PlausibilityCheck<T>([range], logs.CreateLogger("check"));
        var (property, kept) = PropertyOf(range);
        Assert.That(check.Check("GPU-a", kept), Is.EqualTo(kept), "a bound belongs to the range");
        Assert.That(logs.Entries, Is.Empty);

        var beyond = With<T>(property, range.Most >= int.MaxValue && IsInt(property) ? null : range.Most * 2);
        Assert.That(property.GetValue(check.Check("GPU-a", beyond)), Is.Null);
        Assert.That(check.Check("GPU-a", beyond), Is.EqualTo(new T()), "and nothing else");
        Assert.That(property.GetValue(check.Check("GPU-b", With<T>(property, -1000))), Is.Null);
    }

    /// <summary>The one property that the range reads, and an object that has only that, at its upper bound.</summary>
    private static (PropertyInfo Property, T Kept) PropertyOf<T>(ValueRange<T> range)
        where T : new()
    {
        var property = Numbers<T>().Single(one => range.Read(With<T>(one, 1)) is not null);
        return (property, With<T>(property, IsInt(property) ? Math.Min(range.Most, int.MaxValue) : range.Most));
    }

    private static bool IsInt(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) == typeof(int);

    private static IEnumerable<string> WithoutRange<T>(IEnumerable<ValueRange<T>> ranges)
        where T : new() =>
        Numbers<T>().Where(property => ranges.All(range => range.Read(With<T>(property, 1)) is null))
            .Select(property => property.Name);

    private static IEnumerable<PropertyInfo> Numbers<T>() => typeof(T).GetProperties().Where(property =>
        Nullable.GetUnderlyingType(property.PropertyType) is { } type && type != typeof(bool));

    private static T With<T>(PropertyInfo property, double? value)
        where T : new()
    {
        var values = new T();
        property.SetValue(values, value is { } number ? Convert(number, Nullable.GetUnderlyingType(property.PropertyType)!) : null);
        return values;
    }

    private static object Convert(double value, Type type) =>
        type == typeof(int) ? (int)value
        : type == typeof(long) ? (long)value
        : type == typeof(ClockEventReasons) ? (ClockEventReasons)(ulong)(long)value
        : type == typeof(ComputeCapability) ? new ComputeCapability((int)value, 0)
        : value;
}

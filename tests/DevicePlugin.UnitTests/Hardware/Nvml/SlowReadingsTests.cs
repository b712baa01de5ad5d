using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

/// <summary>The readings that may be ten seconds old, from a library with and without fields for them.</summary>
internal sealed class SlowReadingsTests
{
    private ScriptedNvml _nvml = null!;

    [SetUp]
    public void SetUp() => _nvml = new ScriptedNvml();

    [Test]
    public void Energy_FromTheFieldOrTheFunction_IsInJoules()
    {
        _nvml.Number("nvmlDeviceGetTotalEnergyConsumption", 4_000_500ul);
        Assert.That(Read(0).EnergyJoules, Is.EqualTo(4000.5), "milliwatts come from both");

        _nvml.Fields((field, _) => field == FieldId.TotalEnergy ? (NvmlReturn.Success, 7_000_250ul) : null);
        Assert.That(Read(0).EnergyJoules, Is.EqualTo(7000.25), "the field costs no call of its own");
    }

    [TestCase(0u, 0)]
    [TestCase(15u, 15)]
    [TestCase(31u, 31)]
    [TestCase(32u, null)]
    public void PerformanceState_Unknown_IsNothing(uint state, int? expected)
    {
        _nvml.Number("nvmlDeviceGetPerformanceState", state);

        Assert.That(Read(0).PerformanceState, Is.EqualTo(expected));
    }

    [Test]
    public void Ecc_WithoutFields_EachCounterHasItsSelectors()
    {
        _nvml["nvmlDeviceGetTotalEccErrors"] = new ScriptedNvml.EccCall(
            (_, errorType, counterType, pointer) => ScriptedNvml.Answer(pointer, (100ul * errorType) + (10ul * counterType) + 1));

        Assert.That(EccOf(Read(0)), Is.EqualTo(new long?[] { 1, 101, 11, 111 }));
    }

    [TestCase(0u, 0u)]
    [TestCase(1u, 0u)]
    [TestCase(0u, 1u)]
    [TestCase(1u, 1u)]
    public void Ecc_OneCounterIsNotSupported_OnlyThatOneIsNotAskedAgain(uint refusedType, uint refusedCounter)
    {
        var asked = new List<(uint, uint)>();
        _nvml["nvmlDeviceGetTotalEccErrors"] = new ScriptedNvml.EccCall((_, errorType, counterType, pointer) =>
        {
            asked.Add((errorType, counterType));
            return (errorType, counterType) == (refusedType, refusedCounter)
                ? NvmlReturn.NotSupported
                : ScriptedNvml.Answer(pointer, 5ul);
        });
        var read = Reader(0);
        read();
        asked.Clear();

        Assert.That(EccOf(read()).Count(count => count == 5), Is.EqualTo(3));
        Assert.That(asked, Has.Count.EqualTo(3).And.No.Member((refusedType, refusedCounter)));
    }

    [Test]
    public void Links_ThatAreDown_AreNotCountedAsUp()
    {
        _nvml.Fields((field, link) => field == FieldId.NvLinkState && link < 3 ? (NvmlReturn.Success, link == 1 ? 0ul : 1ul) : null);

        Assert.That(Read(4).NvLinksUp, Is.EqualTo(2));
    }

    [Test]
    public void Links_NoneSays_IsUnknownAndNotZero() => Assert.That(Read(4).NvLinksUp, Is.Null);

    [Test]
    public void LinkErrors_PerLink_AreSummedAndTheTotalsAreNotAskedForAgain()
    {
        _nvml.Fields((field, link) => field switch
        {
            FieldId.NvLinkReplay => (NvmlReturn.Success, 1 + link),
            FieldId.NvLinkRecovery => (NvmlReturn.Success, 10 + link),
            FieldId.NvLinkCrc => (NvmlReturn.Success, 100 + link),
            FieldId.NvLinkReplayTotal or FieldId.NvLinkRecoveryTotal or FieldId.NvLinkCrcFlitTotal => (NvmlReturn.Success, 9999),
            _ => (NvmlReturn.Success, 0),
        });
        var read = Reader(2);

        var first = read();
        read();

        Assert.That(
            (first.NvLinkReplayErrors, first.NvLinkRecoveryErrors, first.NvLinkCrcErrors), Is.EqualTo((3L, 21L, 201L)));
        Assert.That(_nvml.Calls, Is.EqualTo(new[] { "fields 25", "fields 22" }), "three totals fewer");
    }

    [Test]
    public void LinkErrors_OlderDriver_AreTheTotals()
    {
        _nvml.Fields((field, _) => field switch
        {
            FieldId.NvLinkReplayTotal => (NvmlReturn.Success, 7),
            FieldId.NvLinkRecoveryTotal => (NvmlReturn.Success, 8),
            FieldId.NvLinkCrcFlitTotal => (NvmlReturn.Success, 9),
            _ => (NvmlReturn.InvalidArgument, 0),
        });
        var read = Reader(2);
        read();

        var readings = read();

        Assert.That(
            (readings.NvLinkReplayErrors, readings.NvLinkRecoveryErrors, readings.NvLinkCrcErrors), Is.EqualTo((7L, 8L, 9L)));
        Assert.That(_nvml.Calls[^1], Is.EqualTo("fields 3"), "what the driver does not know is not asked again");
    }

    private static long?[] EccOf(GpuReadings readings) =>
    [
        readings.EccCorrectedVolatile, readings.EccUncorrectedVolatile, readings.EccCorrectedAggregate,
        readings.EccUncorrectedAggregate,
    ];

    private GpuReadings Read(int nvLinks) => Reader(nvLinks)();

    /// <summary>One device that is read as often as it is called.</summary>
    private Func<GpuReadings> Reader(int nvLinks)
    {
        var query = _nvml.Query();
        var fields = new FieldBatch(query);
        var slow = new SlowReadings(query, fields);
        return () =>
        {
            fields.Clear();
            slow.AddFields(nvLinks);
            fields.Read();
            return slow.Read(GpuReadings.None, nvLinks);
        };
    }
}

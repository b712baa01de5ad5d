using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Nomad.Statistics;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Nomad.Statistics;

internal sealed class StatisticsMapperTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);

    private static readonly string[] OfficialNames =
    [
        "BAR1 buffer state", "Decoder utilization", "ECC L1 errors", "ECC L2 errors", "ECC memory errors",
        "Encoder utilization", "GPU utilization", "Memory state", "Memory utilization", "Power usage", "Temperature",
    ];

    [Test]
    public void ToMessage_NothingReadable_StillHasSummaryStatsAndTimestamp()
    {
        var stats = Map(GpuReadings.None);

        Assert.That(stats.Timestamp.ToDateTimeOffset(), Is.EqualTo(Now));
        Assert.That(stats.Summary.StringVal, Is.EqualTo("N/A"));
        Assert.That(stats.Stats.Attributes.Keys, Is.EquivalentTo(OfficialNames));
        Assert.That(stats.Stats.Attributes.Values.Select(value => value.StringVal), Is.All.EqualTo("N/A"));
        Assert.That(stats.Stats.Attributes["Temperature"].Unit, Is.EqualTo("C"));
        Assert.That(stats.Stats.Nested.Keys, Is.EqualTo(new[] { "Health" }), "a group without values is left out");
    }

    [Test]
    public void ToMessage_PowerAndMemory_AreRatios()
    {
        var stats = Map(new GpuReadings
        {
            PowerUsageWatts = 118.4, PowerLimitWatts = 700, MemoryUsedMiB = 1024, MemoryTotalMiB = 81559,
        });

        var power = stats.Stats.Attributes["Power usage"];
        Assert.That((power.IntNumeratorVal, power.IntDenominatorVal, power.Unit), Is.EqualTo((118L, 700L, "W")));
        Assert.That(stats.Summary, Is.EqualTo(stats.Stats.Attributes["Memory state"]));
        Assert.That((stats.Summary.IntNumeratorVal, stats.Summary.IntDenominatorVal), Is.EqualTo((1024L, 81559L)));
    }

    [Test]
    public void ToMessage_ZeroReading_IsZeroAndNotMissing() =>
        Assert.That(Map(new GpuReadings { GpuUtilizationPercent = 0 }).Stats.Attributes["GPU utilization"].IntNumeratorVal,
            Is.Zero);

    [Test]
    public void ToMessage_NotANumber_IsNotAvailable()
    {
        var stats = Map(new GpuReadings { SmActivityPercent = double.NaN, DramActivityPercent = 12.5 });

        Assert.That(stats.Stats.Nested["MIG"].Attributes["SM activity"].StringVal, Is.EqualTo("N/A"));
        Assert.That(stats.Stats.Nested["MIG"].Attributes["DRAM activity"].FloatNumeratorVal, Is.EqualTo(12.5));
    }

    [Test]
    public void ToMessage_Unhealthy_SummaryIsTheReason()
    {
        var health = new DeviceHealth(HealthState.Unhealthy, "GPU is lost: nvmlDeviceGetTemperature", Now)
        {
            Word = "gpu_lost", UntoldWord = "gpu_gone",
        };

        var stats = Map(
            new GpuReadings { MemoryUsedMiB = 1, MemoryTotalMiB = 2 }, health,
            occurrences: new CauseOccurrences(3, Now.AddMinutes(1)));

        Assert.That(
            stats.Summary.StringVal, Is.EqualTo("GPU is lost: nvmlDeviceGetTemperature. Since 2026-11-23T03:00:00Z"));
        var values = stats.Stats.Nested["Health"].Attributes;
        Assert.That(values["State"].StringVal, Is.EqualTo("unhealthy"));
        Assert.That(values["Cause words"].StringVal, Is.EqualTo("gpu_lost, gpu_gone"));
        Assert.That(values["Not withheld"].StringVal, Is.EqualTo("none"));
        Assert.That(values["Since"].StringVal, Is.EqualTo("2026-11-23T03:00:00Z"));
        Assert.That(values["Occurrences"].IntNumeratorVal, Is.EqualTo(3));
        Assert.That(values["Last occurrence"].StringVal, Is.EqualTo("2026-11-23T03:01:00Z"));
    }

    [Test]
    public void ToMessage_Reported_SummaryIsThatOfADeviceInService()
    {
        var health = new DeviceHealth(HealthState.Reported, "XID 79", Now) { Word = "xid" };

        var stats = Map(new GpuReadings { MemoryUsedMiB = 1, MemoryTotalMiB = 2 }, health);

        Assert.That(stats.Summary.IntNumeratorVal, Is.EqualTo(1));
        var values = stats.Stats.Nested["Health"].Attributes;
        Assert.That(values["State"].StringVal, Is.EqualTo("reported"));
        Assert.That(values["Cause words"].StringVal, Is.EqualTo("xid"));
        Assert.That(values["Not withheld"].StringVal, Is.EqualTo("xid"));
    }

    [Test]
    public void ToMessage_Xids_AreCounted()
    {
        var values = Map(GpuReadings.None, xids: XidRecord.None.With(13).With(13).With(94)).Stats.Nested["Health"].Attributes;

        Assert.That(values["Cause words"].StringVal, Is.EqualTo("none"));
        Assert.That(values["XIDs"].IntNumeratorVal, Is.EqualTo(3));
        Assert.That(values["Last XID"].StringVal, Is.EqualTo("94"));
        Assert.That(values["XIDs by number"].StringVal, Is.EqualTo("13: 2, 94: 1"));
    }

    [TestCase(ClockEventReasons.None, "none")]
    [TestCase(ClockEventReasons.Idle, "idle")]
    [TestCase(ClockEventReasons.SoftwarePowerCap | ClockEventReasons.HardwareThermal,
        "software power cap, hardware thermal slowdown")]
    [TestCase((ClockEventReasons)0x8001, "idle, 0x8000")]
    public void ToMessage_ClockEventReasons_AreWords(ClockEventReasons reasons, string words) =>
        Assert.That(
            Map(new GpuReadings { ClocksHeldDownBy = reasons }).Stats.Nested["Clocks"].Attributes["Event reasons"].StringVal,
            Is.EqualTo(words));

    [Test]
    public void Table_EveryName_IsDistinctInItsGroup() =>
        Assert.That(StatisticTable.All.Select(definition => (definition.Group, definition.Name)), Is.Unique);

    private static DeviceStats Map(
        GpuReadings readings, DeviceHealth? health = null, XidRecord? xids = null, CauseOccurrences? occurrences = null)
    {
        var device = new InventoryDevice("GPU-00000000", TestGpus.Gpu(0), health ?? DeviceHealth.Healthy);
        var sample = new StatisticsSample(
            Now,
            new Inventory(TestGpus.Report().Driver, [device], isSimulated: false),
            new Dictionary<string, GpuReadings> { [device.Gpu.Uuid] = readings },
            new Dictionary<string, XidRecord> { [device.Gpu.Uuid] = xids ?? XidRecord.None },
            occurrences is null ? [] : new Dictionary<string, CauseOccurrences> { [device.Gpu.Uuid] = occurrences });
        return StatisticsMapper.ToMessage(sample).Groups.Single().InstanceStats[device.Id];
    }
}

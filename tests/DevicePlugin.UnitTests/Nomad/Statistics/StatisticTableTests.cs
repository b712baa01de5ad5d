using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Nomad.Statistics;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Nomad.Statistics;

/// <summary>Every statistic of one device whose readings all differ: a row that shows its neighbour's reading fails.</summary>
internal sealed class StatisticTableTests
{
    private const string Expected = """
        Memory state [MiB] = 101 / 102
        Power usage [W] = 108 / 110
        GPU utilization [%] = 11
        Memory utilization [%] = 12
        Encoder utilization [%] = 13
        Decoder utilization [%] = 14
        Temperature [C] = 17
        BAR1 buffer state [MiB] = 105 / 106
        ECC L1 errors [#] = 201
        ECC L2 errors [#] = 202
        ECC memory errors [#] = 203
        Clocks: Graphics [MHz] = 301 / 311
        Clocks: SM [MHz] = 302 / 312
        Clocks: Memory [MHz] = 303 / 313
        Clocks: Video [MHz] = 304 / 314
        Clocks: Event reasons [] = idle
        Clocks: Performance state [] = P8
        Energy: Total [J] = 4002
        Engines: JPEG utilization [%] = 15
        Engines: OFA utilization [%] = 16
        Memory: Reserved [MiB] = 103
        Memory: Free [MiB] = 104
        Thermal: Memory temperature [C] = 18
        Thermal: Margin [C] = 19
        Thermal: Fan speed [%] = 20
        PCIe: Generation [#] = 4 / 5
        PCIe: Width [#] = 8 / 16
        PCIe: Replays [#] = 401
        ECC: Corrected volatile [#] = 204
        ECC: Corrected aggregate [#] = 205
        ECC: Uncorrected volatile [#] = 206
        ECC: Uncorrected aggregate [#] = 207
        ECC: SRAM uncorrected [#] = 208
        ECC: SRAM threshold exceeded [] = SramThresholdExceeded
        Repair: Channel pending [] = ChannelRepairPending
        Repair: TPC pending [] = TpcRepairPending
        Repair: Memory unrepairable [] = MemoryUnrepairable
        Row remap: Corrected [#] = 209
        Row remap: Uncorrected [#] = 210
        Row remap: Pending [] = RowRemapPending
        Row remap: Failed [] = RowRemapFailed
        Row remap: Banks exhausted [#] = 211
        Retired pages: Single bit [#] = 212
        Retired pages: Double bit [#] = 213
        Retired pages: Pending [] = RetiredPagesPending
        NVLink: Links up [#] = 6 / 7
        NVLink: Replay errors [#] = 501
        NVLink: Recovery errors [#] = 502
        NVLink: CRC errors [#] = 503
        Fabric: State [] = in progress
        Fabric: Conditions [] = none
        Processes: Compute [#] = 21
        Processes: Graphics [#] = 22
        Health: State [] = unhealthy
        Health: Cause [] = XID 79
        Health: Cause words [] = xid
        Health: Not withheld [] = none
        Health: Since [] = 2026-11-23T03:00:00Z
        Health: Occurrences [#] = 23
        Health: Last occurrence [] = 2026-11-23T04:00:00Z
        Health: Held until [] = 2026-11-23T05:00:00Z
        Health: XIDs [#] = 3
        Health: Last XID [] = 94
        Health: XIDs by number [] = 13: 2, 94: 1
        MIG: Graphics engine activity [%] = 1.5
        MIG: SM activity [%] = 2.5
        MIG: DRAM activity [%] = 3.5
        Parent: Temperature [C] = 24
        Parent: Power usage [W] = 25
        """;

    private static readonly DateTimeOffset Now = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);

    private static readonly GpuReadings Readings = new()
    {
        MemoryUsedMiB = 101, MemoryTotalMiB = 102, MemoryReservedMiB = 103, MemoryFreeMiB = 104, Bar1UsedMiB = 105, Bar1TotalMiB = 106,
        PowerUsageWatts = 107.6, PowerLimitWatts = 109.7, EnergyJoules = 4001.6, ParentPowerUsageWatts = 24.8,
        GpuUtilizationPercent = 11, MemoryUtilizationPercent = 12, EncoderUtilizationPercent = 13, DecoderUtilizationPercent = 14,
        JpegUtilizationPercent = 15, OfaUtilizationPercent = 16, TemperatureC = 17, MemoryTemperatureC = 18, ThermalMarginC = 19,
        FanSpeedPercent = 20, GraphicsClockMHz = 301, SmClockMHz = 302, MemoryClockMHz = 303, VideoClockMHz = 304,
        ClocksHeldDownBy = ClockEventReasons.Idle, PerformanceState = 8, PcieGeneration = 4, PcieWidth = 8, PcieReplays = 401,
        EccL1Corrected = 201, EccL2Corrected = 202, EccMemoryCorrected = 203, EccCorrectedVolatile = 204,
        EccCorrectedAggregate = 205, EccUncorrectedVolatile = 206, EccUncorrectedAggregate = 207, SramUncorrected = 208,
        RemappedRowsCorrected = 209, RemappedRowsUncorrected = 210, RemapBanksExhausted = 211, RetiredPagesSingleBit = 212,
        RetiredPagesDoubleBit = 213, NvLinksUp = 6, NvLinkReplayErrors = 501, NvLinkRecoveryErrors = 502, NvLinkCrcErrors = 503,
        FabricState = "in progress", FabricConditions = "", ComputeProcesses = 21, GraphicsProcesses = 22,
        GraphicsEngineActivityPercent = 1.5, SmActivityPercent = 2.5, DramActivityPercent = 3.5, ParentTemperatureC = 24,
    };

    private static readonly GpuFacts Facts = new()
    {
        MaxGraphicsClockMHz = 311, MaxSmClockMHz = 312, MaxMemoryClockMHz = 313, MaxVideoClockMHz = 314, PcieMaxGeneration = 5,
        PcieMaxWidth = 16, NvLinkCount = 7,
    };

    /// <summary>Flags have two values only: each is read with itself set and all others not.</summary>
    private static readonly (string Name, GpuReadings Readings)[] Flags =
    [
        ("SramThresholdExceeded", new GpuReadings { SramThresholdExceeded = true }),
        ("ChannelRepairPending", new GpuReadings { ChannelRepairPending = true }),
        ("TpcRepairPending", new GpuReadings { TpcRepairPending = true }),
        ("MemoryUnrepairable", new GpuReadings { MemoryUnrepairable = true }),
        ("RowRemapPending", new GpuReadings { RowRemapPending = true }),
        ("RowRemapFailed", new GpuReadings { RowRemapFailed = true }),
        ("RetiredPagesPending", new GpuReadings { RetiredPagesPending = true }),
    ];

    [Test]
    public void All_ReadingsThatDiffer_EachStandsUnderItsNameInItsUnit() =>
        Assert.That(string.Join('\n', StatisticTable.All.Select(Line)), Is.EqualTo(Expected.ReplaceLineEndings("\n")));

    [Test]
    public void Readings_EveryProperty_HasAValueHere()
    {
        var flags = Flags.Select(flag => flag.Name).ToHashSet();
        var unset = typeof(GpuReadings).GetProperties()
            .Where(property => !flags.Contains(property.Name) && property.GetValue(Readings) is null)
            .Select(property => property.Name);

        Assert.That(unset, Is.Empty, "a new reading needs a distinct value here and its line above");
    }

    [TestCase(0.5, 0)]
    [TestCase(1.5, 2)]
    [TestCase(118.51, 119)]
    [TestCase(-0.6, -1)]
    public void Rounded_IsTheNearestWholeNumber(double value, long rounded) =>
        Assert.That(StatValues.Rounded(value)?.IntNumeratorVal, Is.EqualTo(rounded));

    [Test]
    public void Ratio_NumeratorMissing_IsNothing() => Assert.That(StatValues.Ratio((long?)null, 5), Is.Null);

    [Test]
    public void Ratio_DenominatorMissing_IsTheNumerator()
    {
        var value = StatValues.Ratio(5L, null);

        Assert.That((value?.IntNumeratorVal, value?.IntDenominatorVal), Is.EqualTo((5L, (long?)null)));
    }

    private static string Line(StatisticDefinition row)
    {
        var group = row.Group.Length == 0 ? "" : $"{row.Group}: ";
        return $"{group}{row.Name} [{row.Unit}] = {Text(row, Read(row, Readings))}";
    }

    private static string Text(StatisticDefinition row, StatValue? value) => value switch
    {
        null => string.Join(", ", Flags.Where(flag => Read(row, flag.Readings)?.BoolVal == true).Select(flag => flag.Name)),
        { IntDenominatorVal: { } denominator } => $"{value.IntNumeratorVal} / {denominator}",
        { IntNumeratorVal: { } number } => $"{number}",
        { FloatNumeratorVal: { } number } => number.ToString(CultureInfo.InvariantCulture),
        _ => value.StringVal,
    };

    private static StatValue? Read(StatisticDefinition row, GpuReadings readings) => row.Read(new StatisticSource(
        new InventoryDevice(
            "GPU-00000000", TestGpus.Gpu(0) with { Facts = Facts },
            new DeviceHealth(HealthState.Unhealthy, "XID 79", Now) { Word = "xid", HeldUntil = Now.AddHours(2) }),
        readings, XidRecord.None.With(13).With(13).With(94), new CauseOccurrences(23, Now.AddHours(1))));
}

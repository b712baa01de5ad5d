using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

/// <summary>Sizes and offsets as the C compiler lays them out for header 13.3.29 (x86-64).</summary>
internal sealed class NativeLayoutTests
{
    [Test]
    public void Sizes_AreThoseOfTheHeader()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Unsafe.SizeOf<PciInfo>(), Is.EqualTo(68));
            Assert.That(Unsafe.SizeOf<MemoryInfo>(), Is.EqualTo(24));
            Assert.That(Unsafe.SizeOf<MemoryInfoV2>(), Is.EqualTo(40));
            Assert.That(Unsafe.SizeOf<Bar1MemoryInfo>(), Is.EqualTo(24));
            Assert.That(Unsafe.SizeOf<Utilization>(), Is.EqualTo(8));
            Assert.That(Unsafe.SizeOf<FieldValue>(), Is.EqualTo(40));
            Assert.That(Unsafe.SizeOf<EventData>(), Is.EqualTo(32));
            Assert.That(Unsafe.SizeOf<RowRemapperHistogram>(), Is.EqualTo(20));
            Assert.That(Unsafe.SizeOf<DeviceAttributes>(), Is.EqualTo(40));
            Assert.That(Unsafe.SizeOf<FabricInfo>(), Is.EqualTo(28));
            Assert.That(Unsafe.SizeOf<FabricInfoV>(), Is.EqualTo(40));
            Assert.That(Unsafe.SizeOf<TemperatureInfo>(), Is.EqualTo(12));
            Assert.That(Unsafe.SizeOf<MarginTemperature>(), Is.EqualTo(8));
            Assert.That(Unsafe.SizeOf<AddressingMode>(), Is.EqualTo(8));
            Assert.That(Unsafe.SizeOf<GpmSupport>(), Is.EqualTo(8));
            Assert.That(Unsafe.SizeOf<GpmMetric>(), Is.EqualTo(40));
            Assert.That(Unsafe.SizeOf<GpmMetricsGet>(), Is.EqualTo(13344));
            Assert.That(Unsafe.SizeOf<ConfComputeState>(), Is.EqualTo(12));
            Assert.That(Unsafe.SizeOf<PdiInfo>(), Is.EqualTo(16));
            Assert.That(Unsafe.SizeOf<DeviceCapabilities>(), Is.EqualTo(8));
            Assert.That(Unsafe.SizeOf<SramEccErrorStatus>(), Is.EqualTo(104));
            Assert.That(Unsafe.SizeOf<RepairStatus>(), Is.EqualTo(12));
            Assert.That(Unsafe.SizeOf<RemappedRowsInfo>(), Is.EqualTo(24));
            Assert.That(Unsafe.SizeOf<ProcessInfo>(), Is.EqualTo(24));
            Assert.That(Unsafe.SizeOf<ProcessInfoV1>(), Is.EqualTo(16));
            Assert.That(Unsafe.SizeOf<PlatformInfo>(), Is.EqualTo(44));
        });
    }

    [TestCase(typeof(PciInfo),
        "BusIdLegacy 0, Domain 16, Bus 20, Device 24, PciDeviceId 28, PciSubSystemId 32, BusId 36")]
    [TestCase(typeof(MemoryInfo), "Total 0, Free 8, Used 16")]
    [TestCase(typeof(MemoryInfoV2), "Version 0, Total 8, Reserved 16, Free 24, Used 32")]
    [TestCase(typeof(Bar1MemoryInfo), "Total 0, Free 8, Used 16")]
    [TestCase(typeof(Utilization), "Gpu 0, Memory 4")]
    [TestCase(typeof(FieldValue),
        "FieldId 0, ScopeId 4, Timestamp 8, LatencyMicroseconds 16, ValueType 24, Result 28, Value 32")]
    [TestCase(typeof(EventData), "Device 0, Type 8, Data 16, GpuInstanceId 24, ComputeInstanceId 28")]
    [TestCase(typeof(RowRemapperHistogram), "Max 0, High 4, Partial 8, Low 12, None 16")]
    [TestCase(typeof(DeviceAttributes),
        "MultiprocessorCount 0, SharedCopyEngineCount 4, SharedDecoderCount 8, SharedEncoderCount 12, "
        + "SharedJpegCount 16, SharedOfaCount 20, GpuInstanceSliceCount 24, "
        + "ComputeInstanceSliceCount 28, MemorySizeMB 32")]
    [TestCase(typeof(FabricInfo), "ClusterUuid 0, Status 16, CliqueId 20, State 24")]
    [TestCase(typeof(FabricInfoV),
        "Version 0, ClusterUuid 4, Status 20, CliqueId 24, State 28, HealthMask 32, HealthSummary 36")]
    [TestCase(typeof(TemperatureInfo), "Version 0, Sensor 4, Celsius 8")]
    [TestCase(typeof(MarginTemperature), "Version 0, Celsius 4")]
    [TestCase(typeof(AddressingMode), "Version 0, Value 4")]
    [TestCase(typeof(GpmSupport), "Version 0, IsSupported 4")]
    [TestCase(typeof(GpmMetric), "MetricId 0, Result 4, Value 8, ShortName 16, LongName 24, Unit 32")]
    [TestCase(typeof(GpmMetricsGet), "Version 0, MetricCount 4, Sample1 8, Sample2 16, Metrics 24")]
    [TestCase(typeof(ConfComputeState), "Environment 0, Feature 4, DevToolsMode 8")]
    [TestCase(typeof(PdiInfo), "Version 0, Value 8")]
    [TestCase(typeof(DeviceCapabilities), "Version 0, Mask 4")]
    [TestCase(typeof(SramEccErrorStatus),
        "Version 0, AggregateParity 8, AggregateSecDed 16, AggregateCorrected 24, VolatileParity 32, "
        + "VolatileSecDed 40, VolatileCorrected 48, "
        + "AggregateL2 56, AggregateSm 64, AggregatePcie 72, AggregateMicrocontroller 80, "
        + "AggregateOther 88, ThresholdExceeded 96")]
    [TestCase(typeof(RepairStatus), "Version 0, ChannelRepairPending 4, TpcRepairPending 8")]
    [TestCase(typeof(RemappedRowsInfo),
        "CorrectedActive 0, CorrectedInactive 4, UncorrectedActive 8, UncorrectedInactive 12, Pending 16, "
        + "FailureOccurred 20")]
    [TestCase(typeof(ProcessInfo), "Pid 0, UsedMemory 8, GpuInstanceId 16, ComputeInstanceId 20")]
    [TestCase(typeof(ProcessInfoV1), "Pid 0, UsedMemory 8")]
    [TestCase(typeof(PlatformInfo),
        "Version 0, IbGuid 4, ChassisSerial 20, Slot 36, Tray 37, HostId 38, PeerType 39, ModuleId 40")]
    public void Offsets_AreThoseOfTheHeader(Type type, string expected)
    {
        var fields = expected.Split(", ").Select(field => field.Split(' ')).ToList();
        Assert.That(
            fields.Select(field => $"{field[0]} {Marshal.OffsetOf(type, field[0])}"),
            Is.EqualTo(fields.Select(field => $"{field[0]} {field[1]}")));
        Assert.That(
            type.GetFields().Count(field => !field.IsLiteral), Is.EqualTo(fields.Count), "fields without an offset");
    }

    [Test]
    public void Tags_AreSizeAndVersion()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Tag<MemoryInfoV2>(2), Is.EqualTo(MemoryInfoV2.Tag));
            Assert.That(Tag<FabricInfoV>(3), Is.EqualTo(FabricInfoV.Tag3));
            // Version 2 ends before the last field, padded to four bytes.
            Assert.That((uint)Marshal.OffsetOf<FabricInfoV>("HealthSummary") | 2u << 24, Is.EqualTo(FabricInfoV.Tag2));
            Assert.That(Tag<TemperatureInfo>(1), Is.EqualTo(TemperatureInfo.Tag));
            Assert.That(Tag<MarginTemperature>(1), Is.EqualTo(MarginTemperature.Tag));
            Assert.That(Tag<AddressingMode>(1), Is.EqualTo(AddressingMode.Tag));
            Assert.That(Tag<PdiInfo>(1), Is.EqualTo(PdiInfo.Tag));
            Assert.That(Tag<DeviceCapabilities>(1), Is.EqualTo(DeviceCapabilities.Tag));
            Assert.That(Tag<SramEccErrorStatus>(1), Is.EqualTo(SramEccErrorStatus.Tag));
            Assert.That(Tag<RepairStatus>(1), Is.EqualTo(RepairStatus.Tag));
            Assert.That(Tag<PlatformInfo>(2), Is.EqualTo(PlatformInfo.Tag));
        });
    }

    private static uint Tag<T>(uint version) => (uint)Unsafe.SizeOf<T>() | version << 24;
}

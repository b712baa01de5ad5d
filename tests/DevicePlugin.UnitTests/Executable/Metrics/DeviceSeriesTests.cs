using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Metrics;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Executable.Metrics;

internal sealed class DeviceSeriesTests
{
    private static readonly GpuReadings Full = new()
    {
        SmClockMHz = 1980,
        MemoryClockMHz = 2619,
        VideoClockMHz = 1500,
        ClocksHeldDownBy = ClockEventReasons.SoftwarePowerCap,
        PerformanceState = 0,
        TemperatureC = 61,
        MemoryTemperatureC = 70,
        FanSpeedPercent = 33,
        PowerUsageWatts = 512.5,
        PowerLimitWatts = 700,
        EnergyJoules = 1234.5,
        GpuUtilizationPercent = 97,
        MemoryUtilizationPercent = 41,
        EncoderUtilizationPercent = 1,
        DecoderUtilizationPercent = 2,
        GraphicsEngineActivityPercent = 50,
        SmActivityPercent = 25,
        DramActivityPercent = 12.5,
        MemoryTotalMiB = 81559,
        MemoryUsedMiB = 70000,
        MemoryFreeMiB = 11000,
        MemoryReservedMiB = 559,
        Bar1TotalMiB = 131072,
        Bar1UsedMiB = 7,
        PcieReplays = 150,
        PcieGeneration = 5,
        PcieWidth = 16,
        EccCorrectedVolatile = 11,
        EccUncorrectedVolatile = 12,
        EccCorrectedAggregate = 13,
        EccUncorrectedAggregate = 14,
        RetiredPagesSingleBit = 15,
        RetiredPagesDoubleBit = 16,
        RetiredPagesPending = true,
        RemappedRowsCorrected = 17,
        RemappedRowsUncorrected = 18,
        RowRemapPending = false,
        RowRemapFailed = true,
        SramUncorrected = 23,
        SramThresholdExceeded = true,
        ChannelRepairPending = false,
        TpcRepairPending = true,
        MemoryUnrepairable = false,
        FabricState = "completed",
        FabricConditions = "",
        NvLinksUp = 18,
        NvLinkReplayErrors = 19,
        NvLinkRecoveryErrors = 20,
        NvLinkCrcErrors = 21,
        ComputeProcesses = 3,
    };

    // The whole table once more, by hand: name, type, value with its unit.
    private static readonly (string Name, string Type, double Value)[] Expected =
    [
        ("DCGM_FI_DEV_SM_CLOCK", "gauge", 1980), ("DCGM_FI_DEV_MEM_CLOCK", "gauge", 2619),
        ("DCGM_FI_DEV_VIDEO_CLOCK", "gauge", 1500), ("DCGM_FI_DEV_MAX_SM_CLOCK", "gauge", 1981),
        ("DCGM_FI_DEV_MAX_MEM_CLOCK", "gauge", 2620), ("DCGM_FI_DEV_CLOCKS_EVENT_REASONS", "gauge", 4),
        ("DCGM_FI_DEV_PSTATE", "gauge", 0), ("DCGM_FI_DEV_GPU_TEMP", "gauge", 61),
        ("DCGM_FI_DEV_MEMORY_TEMP", "gauge", 70), ("DCGM_FI_DEV_FAN_SPEED", "gauge", 33),
        ("DCGM_FI_DEV_POWER_USAGE", "gauge", 512.5), ("DCGM_FI_DEV_ENFORCED_POWER_LIMIT", "gauge", 700),
        ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", 1_234_500), ("DCGM_FI_DEV_GPU_UTIL", "gauge", 97),
        ("DCGM_FI_DEV_MEM_COPY_UTIL", "gauge", 41), ("DCGM_FI_DEV_ENC_UTIL", "gauge", 1),
        ("DCGM_FI_DEV_DEC_UTIL", "gauge", 2), ("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gauge", 0.5),
        ("DCGM_FI_PROF_SM_ACTIVE", "gauge", 0.25), ("DCGM_FI_PROF_DRAM_ACTIVE", "gauge", 0.125),
        ("DCGM_FI_DEV_FB_TOTAL", "gauge", 81559), ("DCGM_FI_DEV_FB_USED", "gauge", 70000),
        ("DCGM_FI_DEV_FB_FREE", "gauge", 11000), ("DCGM_FI_DEV_FB_RESERVED", "gauge", 559),
        ("DCGM_FI_DEV_BAR1_TOTAL", "gauge", 131072), ("DCGM_FI_DEV_BAR1_USED", "gauge", 7),
        ("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "counter", 150), ("DCGM_FI_DEV_PCIE_LINK_GEN", "gauge", 5),
        ("DCGM_FI_DEV_PCIE_LINK_WIDTH", "gauge", 16), ("DCGM_FI_DEV_XID_ERRORS", "gauge", 0),
        ("DCGM_FI_DEV_ECC_SBE_VOL_TOTAL", "counter", 11), ("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "counter", 12),
        ("DCGM_FI_DEV_ECC_SBE_AGG_TOTAL", "counter", 13), ("DCGM_FI_DEV_ECC_DBE_AGG_TOTAL", "counter", 14),
        ("DCGM_FI_DEV_RETIRED_SBE", "counter", 15), ("DCGM_FI_DEV_RETIRED_DBE", "counter", 16),
        ("DCGM_FI_DEV_RETIRED_PENDING", "gauge", 1), ("DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", "counter", 17),
        ("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", "counter", 18), ("DCGM_FI_DEV_ROW_REMAP_PENDING", "gauge", 0),
        ("DCGM_FI_DEV_ROW_REMAP_FAILURE", "gauge", 1), ("DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL", "counter", 19),
        ("DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL", "counter", 20),
        ("DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL", "counter", 21), ("nomad_device_gpu_nvlinks_up", "gauge", 18),
        ("nomad_device_gpu_sram_uncorrected_errors", "gauge", 23), ("nomad_device_gpu_sram_threshold_exceeded", "gauge", 1),
        ("nomad_device_gpu_channel_repair_pending", "gauge", 0), ("nomad_device_gpu_tpc_repair_pending", "gauge", 1),
        ("nomad_device_gpu_memory_unrepairable", "gauge", 0), ("nomad_device_gpu_fabric_completed", "gauge", 1),
        ("nomad_device_gpu_fabric_impaired", "gauge", 0),
        ("nomad_device_gpu_compute_processes", "gauge", 3), ("nomad_device_gpu_healthy", "gauge", 0),
        ("nomad_device_gpu_health_since_timestamp_seconds", "gauge", 1_795_000_000),
        ("nomad_device_gpu_health_occurrences", "gauge", 4),
        ("nomad_device_gpu_health_held_until_timestamp_seconds", "gauge", 1_795_000_600), ("nomad_device_gpu_replicas", "gauge", 1),
    ];

    [Test]
    public async Task EveryMetric_OfADeviceThatHasAll_HasItsNameItsTypeAndItsUnit()
    {
        var gpu = TestGpus.Gpu(3) with { Facts = new GpuFacts { MaxSmClockMHz = 1981, MaxMemoryClockMHz = 2620 } };
        var since = DateTimeOffset.FromUnixTimeSeconds(1_795_000_000);
        var inventory = InventoryOf(new InventoryDevice(
            gpu.Uuid, gpu, new DeviceHealth(HealthState.Unhealthy, "XID 79: \"off\" the bus", since)
            {
                HeldUntil = since.AddMinutes(10), Word = "xid",
            }));

        var text = await WriteAsync(new DeviceSeries(inventory, "node-1"), inventory, (gpu.Uuid, Full));

        Assert.Multiple(() =>
        {
            foreach (var (name, type, value) in Expected)
            {
                Assert.That(text.Types.GetValueOrDefault(name), Is.EqualTo(type), name);
                Assert.That(text.Find(name), Is.EqualTo(new[] { value }), name);
            }
        });
        Assert.That(
            Expected.Select(metric => metric.Name),
            Is.EquivalentTo(DeviceMetricTable.All.Select(metric => metric.Definition.Name)), "the table has others");
        Assert.That(
            text.Find("nomad_device_gpu_health_cause_info", ("cause", "XID 79: \"off\" the bus")),
            Is.EqualTo(new[] { 1.0 }));
        Assert.That(text.Find("nomad_device_gpu_health_cause", ("cause", "xid"), ("xid", ""), ("withheld", "true")), Is.EqualTo(new[] { 1.0 }));
        Assert.That(text.Find("nomad_device_gpu_health_state", ("state", "unhealthy")), Is.EqualTo(new[] { 1.0 }));
        Assert.That(text.Find("nomad_device_gpu_health_state", ("state", "healthy")), Is.EqualTo(new[] { 0.0 }));
    }

    [Test]
    public async Task UnsupportedValues_OfADeviceThatHasNone_AreAbsent()
    {
        var inventory = InventoryOf(Healthy(TestGpus.Gpu(0)));

        var text = await WriteAsync(new DeviceSeries(inventory, "node-1"), inventory);

        Assert.That(text.Types.Keys, Is.EquivalentTo(new[]
        {
            "DCGM_FI_DEV_XID_ERRORS", "nomad_device_gpu_healthy", "nomad_device_gpu_replicas",
            "nomad_device_gpu_health_state",
        }));
    }

    [Test]
    public async Task Labels_AreThoseOfDcgmExporter_InItsSpelling()
    {
        var gpu = TestGpus.Gpu(3);
        var inventory = InventoryOf(Healthy(gpu));

        var text = await WriteAsync(new DeviceSeries(inventory, "node-1"), inventory, (gpu.Uuid, Full));

        Assert.That(text.Series.Single(series => series.Name == "DCGM_FI_DEV_GPU_UTIL").Labels, Is.EquivalentTo(
            new Dictionary<string, string>
            {
                ["gpu"] = "3", ["UUID"] = "GPU-00000003", ["pci_bus_id"] = "00000000:13:00.0", ["device"] = "nvidia3",
                ["modelName"] = "NVIDIA H100 80GB HBM3", ["GPU_I_ID"] = "", ["GPU_I_PROFILE"] = "",
                ["Hostname"] = "node-1", ["device_id"] = "GPU-00000003",
            }));
    }

    [Test]
    public async Task MigInstances_HaveTheirOwnSeries_AndTheirBoardOneOfPowerAndTemperature()
    {
        var board = TestGpus.Gpu(0);
        var (one, two) = (TestGpus.Instance(board, 7), TestGpus.Instance(board, 8));
        var inventory = InventoryOf(Healthy(one), Healthy(two));
        var readings = new GpuReadings { MemoryUsedMiB = 5, ParentTemperatureC = 44, ParentPowerUsageWatts = 210 };

        var text = await WriteAsync(
            new DeviceSeries(inventory, "node-1"), inventory, (one.Uuid, readings), (two.Uuid, readings));

        Assert.Multiple(() =>
        {
            Assert.That(text.Find(
                "DCGM_FI_DEV_FB_USED", ("UUID", board.Uuid), ("GPU_I_ID", "7"), ("GPU_I_PROFILE", "1g.10gb"),
                ("modelName", board.Name), ("device_id", one.Uuid)), Is.EqualTo(new[] { 5.0 }));
            Assert.That(text.Find("DCGM_FI_DEV_GPU_TEMP"), Is.EqualTo(new[] { 44.0 }), "once for the board");
            Assert.That(
                text.Find("DCGM_FI_DEV_POWER_USAGE", ("UUID", board.Uuid), ("GPU_I_ID", "")), Is.EqualTo(new[] { 210.0 }));
        });
    }

    [Test]
    public async Task Replicas_OfOneGpu_ShareItsSeries()
    {
        var gpu = TestGpus.Gpu(0);
        var inventory = InventoryOf(
            new InventoryDevice($"{gpu.Uuid}::0", gpu, DeviceHealth.Healthy),
            new InventoryDevice($"{gpu.Uuid}::1", gpu, DeviceHealth.Healthy));

        var text = await WriteAsync(new DeviceSeries(inventory, "node-1"), inventory, (gpu.Uuid, Full));

        Assert.That(text.Find("DCGM_FI_DEV_GPU_UTIL"), Is.EqualTo(new[] { 97.0 }));
        Assert.That(text.Find("nomad_device_gpu_replicas"), Is.EqualTo(new[] { 2.0 }));
    }

    [Test]
    public async Task Values_ThatGoAwayAndComeBack_DoSoInTheText()
    {
        var gpu = TestGpus.Gpu(0);
        var inventory = InventoryOf(Healthy(gpu));
        var series = new DeviceSeries(inventory, "node-1");

        await WriteAsync(series, inventory, (gpu.Uuid, Full));
        var without = await WriteAsync(series, inventory);
        var later = await WriteAsync(series, inventory, (gpu.Uuid, Full));

        Assert.That(without.Find("DCGM_FI_DEV_GPU_UTIL"), Is.Empty);
        Assert.That(without.Find("DCGM_FI_DEV_PCIE_REPLAY_COUNTER"), Is.Empty);
        Assert.That(later.Find("DCGM_FI_DEV_GPU_UTIL"), Is.EqualTo(new[] { 97.0 }));
        Assert.That(later.Find("DCGM_FI_DEV_PCIE_REPLAY_COUNTER"), Is.EqualTo(new[] { 150.0 }));
    }

    [Test]
    public async Task Counts_OfADriverThatWasLoadedAnew_BeginAnew()
    {
        var gpu = TestGpus.Gpu(0);
        var inventory = InventoryOf(Healthy(gpu));
        var series = new DeviceSeries(inventory, "node-1");
        await WriteAsync(series, inventory, (gpu.Uuid, Full));

        var text = await WriteAsync(series, inventory, (gpu.Uuid, Full with { EccCorrectedVolatile = 2 }));

        Assert.That(text.Find("DCGM_FI_DEV_ECC_SBE_VOL_TOTAL"), Is.EqualTo(new[] { 2.0 }));
    }

    private static InventoryDevice Healthy(GpuDevice gpu) => new(gpu.Uuid, gpu, DeviceHealth.Healthy);

    private static Inventory InventoryOf(params InventoryDevice[] devices) =>
        new(TestGpus.Report().Driver, devices, isSimulated: false);

    private static async Task<ExpositionText> WriteAsync(
        DeviceSeries series, Inventory inventory, params (string Uuid, GpuReadings Readings)[] readings)
    {
        series.Update(new StatisticsSample(
            DateTimeOffset.UnixEpoch, inventory, readings.ToDictionary(pair => pair.Uuid, pair => pair.Readings),
            new Dictionary<string, XidRecord>(),
            inventory.Devices.Where(device => !device.Health.IsUsable).ToDictionary(
                device => device.Gpu.Uuid, _ => new CauseOccurrences(4, DateTimeOffset.UnixEpoch))));
        var stream = new MemoryStream();
        await series.WriteAsync(stream);
        return ExpositionText.Parse(Encoding.UTF8.GetString(stream.ToArray()));
    }
}

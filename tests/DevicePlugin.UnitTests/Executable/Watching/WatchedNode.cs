using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Tests;
using DevicePlugin.Watching;

namespace DevicePlugin.UnitTests.Executable.Watching;

/// <summary>A node with one device of each kind that looks different in the view.</summary>
internal static class WatchedNode
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static readonly GpuReadings Busy = new()
    {
        GpuUtilizationPercent = 87,
        MemoryUsedMiB = 72192,
        MemoryTotalMiB = 81559,
        TemperatureC = 64,
        PowerUsageWatts = 612.4,
        PowerLimitWatts = 700,
        SmClockMHz = 1755,
        ClocksHeldDownBy = ClockEventReasons.SoftwarePowerCap,
    };

    public static readonly DeviceHealth Lost = new(
        HealthState.Unhealthy, "GPU is lost: nvmlDeviceGetHandleByIndex answered GPU_IS_LOST", Noon)
    {
        Advice = "reboot the node",
    };

    /// <summary>A busy GPU, a lost one, one that supports nothing, and one with two MIG instances.</summary>
    public static WatchSnapshot Mixed()
    {
        var partitioned = TestGpus.Gpu(3);
        var instance = new GpuReadings
        {
            MemoryUsedMiB = 512,
            MemoryTotalMiB = 9728,
            GraphicsEngineActivityPercent = 41.5,
            ParentTemperatureC = 45,
            ParentPowerUsageWatts = 231,
        };
        return SnapshotOf(
            (Device(TestGpus.Gpu(0)), Busy),
            (Device(TestGpus.Gpu(1)) with { Health = Lost }, GpuReadings.None),
            (Device(TestGpus.Gpu(2, "NVIDIA GB10")), GpuReadings.None),
            (Device(TestGpus.Instance(partitioned, 7)), instance),
            (Device(TestGpus.Instance(partitioned, 8)), instance with { GraphicsEngineActivityPercent = null }));
    }

    public static WatchSnapshot SnapshotOf(params (InventoryDevice Device, GpuReadings Readings)[] devices) => new()
    {
        Node = "gpu-node-7",
        Driver = TestGpus.Report().Driver,
        Time = Noon,
        Interval = TimeSpan.FromSeconds(1),
        Rows = new WatchRows().Of(Sample(Noon, devices)),
    };

    public static StatisticsSample Sample(
        DateTimeOffset time, params (InventoryDevice Device, GpuReadings Readings)[] devices) => new(
        time,
        new Inventory(TestGpus.Report().Driver, devices.Select(device => device.Device), isSimulated: false),
        devices.GroupBy(device => device.Device.Gpu.Uuid).ToDictionary(group => group.Key, group => group.First().Readings),
        ImmutableDictionary<string, XidRecord>.Empty,
        ImmutableDictionary<string, CauseOccurrences>.Empty);

    public static InventoryDevice Device(GpuDevice gpu) => new(gpu.Uuid, gpu, DeviceHealth.Healthy);
}

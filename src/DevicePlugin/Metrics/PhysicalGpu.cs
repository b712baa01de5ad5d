using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;

namespace DevicePlugin.Metrics;

/// <summary>A board with everything that is offered of it: itself, its MIG instances, replicas of either.</summary>
internal sealed class PhysicalGpu
{
    private PhysicalGpu(ImmutableArray<InventoryDevice> devices)
    {
        Devices = devices;
        Parts = [.. devices.DistinctBy(device => device.Gpu.Uuid)];
    }

    /// <summary>As Nomad is offered them.</summary>
    public ImmutableArray<InventoryDevice> Devices { get; }

    /// <summary>The first device of each GPU or instance: replicas share everything but their ids.</summary>
    public ImmutableArray<InventoryDevice> Parts { get; }

    public GpuDevice First => Parts[0].Gpu;

    public string Uuid => First.PhysicalUuid;

    /// <summary>Of all its parts; null where it is unknown of each.</summary>
    public long? MemoryMiB
    {
        get
        {
            long? sum = null;
            foreach (var part in Parts)
            {
                sum = part.Gpu.Facts.MemoryMiB is { } memory ? (sum ?? 0) + memory : sum;
            }

            return sum;
        }
    }

    public bool IsDivided => First.Mig is not null;

    /// <summary>In the inventory's order.</summary>
    public static ImmutableArray<PhysicalGpu> Of(Inventory inventory) =>
    [
        .. inventory.Devices.GroupBy(device => device.Gpu.PhysicalUuid, StringComparer.Ordinal)
            .Select(group => new PhysicalGpu([.. group])),
    ];

    public int ReplicasOf(InventoryDevice part)
    {
        var count = 0;
        foreach (var device in Devices)
        {
            count += device.Gpu.Uuid == part.Gpu.Uuid ? 1 : 0;
        }

        return count;
    }

    /// <summary>
    /// What of the instances is the whole board's: the sum of their memory, their activity by their slices, and what NVML
    /// says of their parent.
    /// </summary>
    public GpuReadings ReadingsOf(StatisticsSample sample)
    {
        var first = sample.ReadingsOf(Parts[0]);
        if (!IsDivided)
        {
            return first;
        }

        long? used = null;
        double activity = 0, slices = 0;
        foreach (var part in Parts)
        {
            var readings = sample.ReadingsOf(part);
            used = readings.MemoryUsedMiB is { } memory ? (used ?? 0) + memory : used;
            if (readings.GraphicsEngineActivityPercent is { } percent)
            {
                var weight = part.Gpu.Mig!.ComputeSlices ?? 1;
                activity += percent * weight;
                slices += weight;
            }
        }

        return new GpuReadings
        {
            MemoryUsedMiB = used,
            GpuUtilizationPercent = slices > 0 ? (int)Math.Round(activity / slices) : null,
            TemperatureC = first.ParentTemperatureC,
            PowerUsageWatts = first.ParentPowerUsageWatts,
            PowerLimitWatts = first.PowerLimitWatts,
        };
    }
}

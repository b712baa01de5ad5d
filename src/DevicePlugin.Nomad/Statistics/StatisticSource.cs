using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Nomad.Statistics;

/// <summary>What a statistic can be read from.</summary>
internal sealed record StatisticSource(InventoryDevice Device, GpuReadings Readings, XidRecord Xids, CauseOccurrences? Occurrences)
{
    public GpuFacts Facts => Device.Gpu.Facts;

    public DeviceHealth Health => Device.Health;
}

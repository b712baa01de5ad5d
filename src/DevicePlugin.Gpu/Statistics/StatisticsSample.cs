using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Statistics;

/// <summary>The readings of all devices of one inventory, taken together.</summary>
public sealed class StatisticsSample(
    DateTimeOffset timestamp,
    Inventory inventory,
    IReadOnlyDictionary<string, GpuReadings> readings,
    IReadOnlyDictionary<string, XidRecord> xids,
    IReadOnlyDictionary<string, CauseOccurrences> occurrences)
{
    /// <summary>When the reading began.</summary>
    public DateTimeOffset Timestamp { get; } = timestamp;

    public Inventory Inventory { get; } = inventory;

    /// <summary>Replicas of one GPU share its readings; <see cref="GpuReadings.None"/> where none could be taken.</summary>
    public GpuReadings ReadingsOf(InventoryDevice device) => readings.GetValueOrDefault(device.Gpu.Uuid, GpuReadings.None);

    /// <summary>XID errors of the physical GPU behind the device.</summary>
    public XidRecord XidsOf(InventoryDevice device) => xids.GetValueOrDefault(device.Gpu.PhysicalUuid, XidRecord.None);

    /// <summary>Of the cause of the device's bad health; null while nothing is wrong with it.</summary>
    public CauseOccurrences? OccurrencesOf(InventoryDevice device) => occurrences.GetValueOrDefault(device.Gpu.Uuid);
}

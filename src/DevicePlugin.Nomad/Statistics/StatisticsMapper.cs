using System.Collections.Immutable;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Nomad.Fingerprinting;
using DevicePlugin.Nomad.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace DevicePlugin.Nomad.Statistics;

/// <summary>A sample as Nomad is told it: every fingerprinted device, each with summary, statistics and timestamp.</summary>
public static class StatisticsMapper
{
    /// <summary>The text of a value that a device does not have.</summary>
    public const string NotAvailable = "N/A";

    private static readonly ImmutableArray<IGrouping<string, StatisticDefinition>> Groups =
        [.. StatisticTable.All.GroupBy(definition => definition.Group)];

    public static StatsResponse ToMessage(StatisticsSample sample)
    {
        var message = new StatsResponse();
        var timestamp = Timestamp.FromDateTimeOffset(sample.Timestamp);
        foreach (var group in sample.Inventory.Groups)
        {
            message.Groups.Add(ToMessage(sample, group, timestamp));
        }

        return message;
    }

    private static DeviceGroupStats ToMessage(StatisticsSample sample, InventoryGroup group, Timestamp timestamp)
    {
        var message = new DeviceGroupStats
        {
            Vendor = DeviceIdentity.Vendor,
            Type = DeviceIdentity.Type,
            Name = group.Name,
        };
        StatisticSource? source = null;
        DeviceStats? stats = null;
        foreach (var device in group.Devices)
        {
            // Replicas stand together and are told the same: one message for all of them, which nobody changes any more.
            if (source is null || stats is null || !ReferenceEquals(source.Device.Gpu, device.Gpu))
            {
                source = new StatisticSource(
                    device, sample.ReadingsOf(device), sample.XidsOf(device), sample.OccurrencesOf(device));
                stats = ToMessage(source, timestamp);
            }

            message.InstanceStats.Add(device.Id, stats);
        }

        return message;
    }

    private static DeviceStats ToMessage(StatisticSource source, Timestamp timestamp) => new()
    {
        Summary = Summarize(source),
        Stats = Map(source),
        Timestamp = timestamp,
    };

    // Nomad's command line shows the health of a device nowhere but here (command/node_status.go).
    private static StatValue Summarize(StatisticSource source) => source.Health.IsUsable
        ? StatisticTable.Memory.ReadLabelled(source) ?? StatisticTable.Memory.NotAvailable()
        : new StatValue { StringVal = source.Health.Description, Desc = "Why the device is unhealthy." };

    private static StatObject Map(StatisticSource source)
    {
        var root = new StatObject();
        foreach (var group in Groups)
        {
            var values = group.Select(definition => (definition, value: definition.ReadLabelled(source))).ToList();
            if (group.Key.Length > 0 && values.TrueForAll(pair => pair.value is null))
            {
                continue;
            }

            var target = group.Key.Length == 0 ? root : root.Nested[group.Key] = new StatObject();
            foreach (var (definition, value) in values)
            {
                target.Attributes.Add(definition.Name, value ?? definition.NotAvailable());
            }
        }

        return root;
    }
}

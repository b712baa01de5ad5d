using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Output;

namespace DevicePlugin.Watching;

/// <summary>The rows of a sample, with what is remembered of the minute before it.</summary>
internal sealed class WatchRows
{
    private const string VendorPrefix = "NVIDIA ";
    private const string MigMark = " MIG ";

    private readonly UtilizationHistory _history = new();

    public ImmutableArray<WatchRow> Of(StatisticsSample sample)
    {
        // Replicas are one device shown once: they have the same readings and the same health.
        var devices = sample.Inventory.Devices.GroupBy(device => device.Gpu.Uuid, StringComparer.Ordinal).ToList();
        var uuids = devices.SelectMany(device => new[] { device.Key, device.First().Gpu.PhysicalUuid })
            .ToHashSet(StringComparer.Ordinal);
        _history.Keep(uuids);
        var names = DeviceNames.Shorten(uuids);
        var rows = ImmutableArray.CreateBuilder<WatchRow>();
        string? parent = null;
        foreach (var device in devices)
        {
            var first = device.First();
            var readings = sample.ReadingsOf(first);
            if (first.Gpu.Mig is { } mig && mig.ParentUuid != parent)
            {
                rows.Add(Partitioned(first, readings, names));
            }

            parent = first.Gpu.Mig?.ParentUuid;
            rows.Add(Device(first, device.Count(), readings, sample.Timestamp, names));
        }

        return rows.ToImmutable();
    }

    private static WatchRow Partitioned(
        InventoryDevice instance, GpuReadings readings, IReadOnlyDictionary<string, string> names)
    {
        var mark = instance.Gpu.Name.IndexOf(MigMark, StringComparison.Ordinal);
        return new WatchRow
        {
            Kind = WatchRowKind.PartitionedGpu,
            Name = Label(instance.Gpu, mark < 0 ? instance.Gpu.Name : instance.Gpu.Name[..mark]),
            Id = instance.Gpu.PhysicalUuid,
            ShortId = names[instance.Gpu.PhysicalUuid],
            Readings = new GpuReadings
            {
                TemperatureC = readings.ParentTemperatureC,
                PowerUsageWatts = readings.ParentPowerUsageWatts,
                PowerLimitWatts = instance.Gpu.Facts.PowerLimitWatts,
            },
            Health = Gpu.Health.DeviceHealth.Healthy,
        };
    }

    private WatchRow Device(
        InventoryDevice device, int replicas, GpuReadings readings, DateTimeOffset time,
        IReadOnlyDictionary<string, string> names)
    {
        var name = device.Gpu.Mig is { } mig
            ? string.Create(CultureInfo.InvariantCulture, $"{mig.Profile} {mig.GpuInstanceId}/{mig.ComputeInstanceId}")
            : Label(device.Gpu, device.Gpu.Name);
        var utilization = readings.GpuUtilizationPercent ?? readings.GraphicsEngineActivityPercent;
        return new WatchRow
        {
            Kind = device.Gpu.Mig is null ? WatchRowKind.Gpu : WatchRowKind.MigInstance,
            Name = replicas > 1 ? string.Create(CultureInfo.InvariantCulture, $"{name} x{replicas}") : name,
            Id = device.Gpu.Uuid,
            ShortId = names[device.Gpu.Uuid],
            Readings = readings,
            Health = device.Health,
            Utilization = utilization,
            History = _history.Add(device.Gpu.Uuid, new UtilizationPoint(time, utilization)),
        };
    }

    private static string Label(GpuDevice gpu, string name)
    {
        var model = name.StartsWith(VendorPrefix, StringComparison.Ordinal) ? name[VendorPrefix.Length..] : name;
        return string.Create(CultureInfo.InvariantCulture, $"{gpu.Index} {model}");
    }
}

using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Metrics.Allocations;
using DevicePlugin.Nomad.Services;

namespace DevicePlugin.Metrics;

/// <summary>What Prometheus is told of one sample.</summary>
internal static class Exposition
{
    private static readonly (HealthState State, string Word)[] States =
    [
        (HealthState.Healthy, "healthy"), (HealthState.Unhealthy, "unhealthy"), (HealthState.Unmonitored, "unmonitored"),
    ];

    public static void Write(
        MetricWriter writer, StatisticsSample sample, IReadOnlyList<DeviceUse> uses, string hostname)
    {
        var devices = new List<(DeviceReading Reading, string[] Labels)>();
        foreach (var gpu in PhysicalGpu.Of(sample.Inventory))
        {
            foreach (var part in gpu.Parts)
            {
                var reading = new DeviceReading(
                    part.Gpu, sample.ReadingsOf(part), part.Health, sample.XidsOf(part), gpu.ReplicasOf(part));
                devices.Add((reading, DeviceLabels.Of(part.Gpu, hostname)));
            }
        }

        foreach (var metric in DeviceMetricTable.All)
        {
            var add = writer.Open(metric.Definition);
            foreach (var (reading, labels) in devices)
            {
                if (metric.Read(reading) is { } value)
                {
                    add(value, labels);
                }
            }
        }

        WriteParents(writer, sample, hostname);
        WriteHealth(writer, devices);
        WriteUses(writer, sample.Inventory, uses, hostname);
        WriteDriver(writer, sample);
    }

    public static void WritePlugin(MetricWriter writer, ServiceActivity activity, int pages)
    {
        writer.Add(
            NodeMetricTable.Build, 1, BuildInfo.Version, BuildInfo.Commit, BuildInfo.Runtime, BuildInfo.Flavour);
        writer.Add(NodeMetricTable.Reservations, activity.Reservations);
        writer.Add(NodeMetricTable.ReservedDevices, activity.ReservedDevices);
        writer.Add(NodeMetricTable.Refusals, activity.Refusals);
        var streams = writer.Open(NodeMetricTable.Streams);
        streams(activity.FingerprintStreams, ["fingerprint"]);
        streams(activity.StatsStreams, ["stats"]);
        writer.Add(NodeMetricTable.Pages, pages);
    }

    /// <summary>A divided GPU is not offered, but its temperature and its power are those of its instances.</summary>
    private static void WriteParents(MetricWriter writer, StatisticsSample sample, string hostname)
    {
        var temperature = writer.Open(DeviceMetricTable.Temperature.Definition);
        var power = writer.Open(DeviceMetricTable.Power.Definition);
        foreach (var gpu in PhysicalGpu.Of(sample.Inventory))
        {
            if (!gpu.IsDivided)
            {
                continue;
            }

            var readings = gpu.ReadingsOf(sample);
            var labels = DeviceLabels.Of(
                gpu.First with { Uuid = gpu.Uuid, Name = DeviceLabels.ModelOf(gpu.First), Mig = null }, hostname);
            if (readings.TemperatureC is { } degrees)
            {
                temperature(degrees, labels);
            }

            if (readings.PowerUsageWatts is { } watts)
            {
                power(watts, labels);
            }
        }
    }

    private static void WriteHealth(MetricWriter writer, List<(DeviceReading Reading, string[] Labels)> devices)
    {
        var states = writer.Open(NodeMetricTable.HealthState);
        var causes = writer.Open(NodeMetricTable.HealthCause);
        var xids = writer.Open(NodeMetricTable.Xids);
        foreach (var (reading, labels) in devices)
        {
            foreach (var (state, word) in States)
            {
                states(reading.Health.State == state ? 1 : 0, [.. labels, word]);
            }

            if (reading.Health.Cause.Length > 0)
            {
                causes(1, [.. labels, reading.Health.Cause]);
            }

            foreach (var count in reading.Xids.ByCode)
            {
                xids(count.Count, [.. labels, count.Code.ToString(CultureInfo.InvariantCulture)]);
            }
        }
    }

    private static void WriteUses(
        MetricWriter writer, Inventory inventory, IReadOnlyList<DeviceUse> uses, string hostname)
    {
        var add = writer.Open(NodeMetricTable.Allocation);
        var devices = inventory.Devices.ToDictionary(device => device.Id, StringComparer.Ordinal);
        foreach (var use in uses)
        {
            if (devices.TryGetValue(use.DeviceId, out var device))
            {
                var labels = DeviceLabels.Of(device.Gpu, hostname);
                add(1, [.. labels, use.DeviceId, use.AllocationId, use.Task, use.Job, use.Namespace]);
            }
        }
    }

    private static void WriteDriver(MetricWriter writer, StatisticsSample sample)
    {
        var driver = sample.Inventory.Driver;
        writer.Add(
            NodeMetricTable.Driver, driver.IsLoaded ? 1 : 0,
            DriverStateWord.Of(driver.State), driver.Version ?? "", driver.Cuda?.ToString() ?? "",
            sample.Inventory.IsSimulated ? "true" : "false");
        writer.Add(NodeMetricTable.SampleTime, sample.Timestamp.ToUnixTimeMilliseconds() / 1000.0);
    }
}

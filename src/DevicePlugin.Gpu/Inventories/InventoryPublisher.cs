using System.Collections.Immutable;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// Makes inventories of the last report, whenever that or the health of a device changes, and tells them.
/// </summary>
internal sealed class InventoryPublisher(
    HealthTracker health, CordonList cordons, Action<Inventory> made, TimeProvider timeProvider, ILogger logger)
{
    private readonly InventoryFeed _feed = new();
    private readonly DeviceRetention _retention = new(timeProvider);
    private readonly ObstacleRecord _obstacles = new(timeProvider);

    // An event makes a new inventory from the last report while the next enumeration may still be under way.
    private readonly Lock _building = new();

    // Keeps inventories in their order. Nobody who reads waits for it: they are logged under it.
    private readonly Lock _publishing = new();

    private (NodeReport Report, MonitorSettings Settings, bool IsSimulated)? _latest;

    /// <summary>The latest inventory; empty before the first one.</summary>
    public Inventory Current => _feed.Current ?? Inventory.Empty;

    public IAsyncEnumerable<Inventory> WatchAsync(CancellationToken cancellationToken) =>
        _feed.WatchAsync(cancellationToken);

    /// <summary>Nothing of earlier reports is carried over into the next one.</summary>
    public void Clear()
    {
        lock (_building)
        {
            _retention.Clear();
            _obstacles.Clear();
            _latest = null;
        }
    }

    public void Expect(IEnumerable<GpuDevice> devices)
    {
        lock (_building)
        {
            _retention.Expect(devices);
        }
    }

    /// <summary>Whether the device is listed, or would be if nothing hid it.</summary>
    public bool Keeps(string uuid)
    {
        lock (_building)
        {
            return _retention.Keeps(uuid);
        }
    }

    /// <summary>Every device of the latest report or kept since an earlier one, also hidden ones and parents of instances.</summary>
    public ImmutableArray<GpuDevice> Known()
    {
        lock (_building)
        {
            return
            [
                .. (_latest?.Report.Devices ?? []).Concat(_retention.Devices)
                    .DistinctBy(device => device.Uuid, StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>What the report would offer, for whoever checks for obstacles.</summary>
    public Inventory Preview(NodeReport report, MonitorSettings settings, bool? isSimulated)
    {
        lock (_building)
        {
            return Build(report, settings, isSimulated ?? Current.IsSimulated);
        }
    }

    /// <param name="isSimulated">Null without a backend: it stays as it was.</param>
    /// <param name="obstacles">By UUID: why devices cannot be handed out.</param>
    public void Publish(
        NodeReport report, MonitorSettings settings, bool? isSimulated, IReadOnlyDictionary<string, string> obstacles)
    {
        lock (_building)
        {
            _obstacles.Replace(report, obstacles);
            _latest = (report, settings, isSimulated ?? Current.IsSimulated);
        }

        PublishAgain();
    }

    /// <summary>The last report may give another inventory: the health of a device changed.</summary>
    public void PublishAgain()
    {
        lock (_publishing)
        {
            if (BuildLatest() is { } inventory)
            {
                _feed.Publish(inventory, before => logger.InventoryChanged(before, inventory));
                made(inventory);
            }
        }
    }

    /// <summary>
    /// Publishes a report whose devices have not been examined yet, if nothing was published within <paramref name="deadline"/>.
    /// </summary>
    public void PublishUnlessKnown(NodeReport report, MonitorSettings? settings, TimeSpan deadline)
    {
        if (_feed.Current is not null)
        {
            return;
        }

        var inventory = settings is null ? new Inventory(report.Driver, [], isSimulated: false) : Build(report, settings);
        if (_feed.PublishFirst(inventory))
        {
            logger.FirstEnumerationIsLate(deadline.TotalSeconds, inventory.Devices.Length);
        }
    }

    // Not the latest report: that is made, and told, by the refresh which takes so long.
    private Inventory Build(NodeReport report, MonitorSettings settings)
    {
        var obstacles = new ObstacleRecord(timeProvider);
        obstacles.Replace(
            report, report.Devices.DistinctBy(device => device.Uuid, StringComparer.Ordinal)
                .ToDictionary(device => device.Uuid, _ => "it has not been examined yet", StringComparer.Ordinal));
        lock (_building)
        {
            return InventoryBuilder.Build(report, settings, health, _retention, obstacles, cordons, Current.IsSimulated);
        }
    }

    private Inventory? BuildLatest()
    {
        lock (_building)
        {
            return _latest is var (report, settings, isSimulated) ? Build(report, settings, isSimulated) : null;
        }
    }

    private Inventory Build(NodeReport report, MonitorSettings settings, bool isSimulated) =>
        InventoryBuilder.Build(report, settings, health, _retention, _obstacles, cordons, isSimulated);
}

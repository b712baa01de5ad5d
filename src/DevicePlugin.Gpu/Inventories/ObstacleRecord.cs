using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>What keeps devices from being handed out, and since when. Not a health cause: no setting turns it off.</summary>
internal sealed class ObstacleRecord(TimeProvider timeProvider)
{
    private Dictionary<string, (string Text, DateTimeOffset Since)> _obstacles = new(StringComparer.Ordinal);

    public void Clear() => _obstacles.Clear();

    /// <summary>Takes what one refresh found. What the backend says of a device comes first.</summary>
    public void Replace(NodeReport report, IReadOnlyDictionary<string, string> found)
    {
        var now = timeProvider.GetUtcNow();
        var next = new Dictionary<string, (string Text, DateTimeOffset Since)>(StringComparer.Ordinal);
        foreach (var device in report.Devices)
        {
            if ((device.Obstacle ?? found.GetValueOrDefault(device.Uuid)) is { } text)
            {
                next[device.Uuid] = (text, _obstacles.TryGetValue(device.Uuid, out var before) ? before.Since : now);
            }
        }

        _obstacles = next;
    }

    public string? Find(string uuid) => _obstacles.TryGetValue(uuid, out var known) ? known.Text : null;

    public DateTimeOffset? FindOnset(string uuid) => _obstacles.TryGetValue(uuid, out var known) ? known.Since : null;

    /// <summary>The health that the device is offered with: an obstacle makes any device unhealthy.</summary>
    public DeviceHealth Apply(string uuid, DeviceHealth health)
    {
        if (!_obstacles.TryGetValue(uuid, out var known))
        {
            return health;
        }

        var obstacle = new DeviceHealth(HealthState.Unhealthy, $"cannot be handed to a task: {known.Text}", known.Since)
        {
            Word = CauseWord.CannotBeHandedOut,
        };
        return health.And(obstacle);
    }
}

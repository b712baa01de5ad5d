using System.Collections.Immutable;
using System.Threading.Channels;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Changes;

/// <summary>
/// The devices whose condition differs from when it was last taken: those that became unhealthy, healthy, cordoned or
/// uncordoned, or have other causes than before. What comes and goes in between is not kept.
/// </summary>
/// <remarks>
/// Conditions that predate this process are not changes: everything in the first inventory that has devices, and, for a device
/// that appears later, whatever began before the process did.
/// </remarks>
public sealed class ConditionJournal : IDisposable
{
    // More than any node has at once: MIG instances that were removed stay until then.
    private const int MostKept = 4096;

    private readonly InventoryMonitor _monitor;
    private readonly DateTimeOffset _started;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Mark> _taken = new(StringComparer.Ordinal);
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private ImmutableArray<DeviceCondition> _now = [];
    private bool _isSimulated;
    private bool _hasBegun;

    public ConditionJournal(InventoryMonitor monitor, TimeProvider timeProvider)
    {
        _monitor = monitor;
        _started = timeProvider.GetUtcNow();
        monitor.InventoryMade += See;
    }

    /// <summary>Completes when there may be changes to take.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        var read = _changed.Reader.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? ValueTask.CompletedTask : new ValueTask(read.AsTask());
    }

    /// <summary>The devices that changed since the last call, as they are now.</summary>
    public ConditionChanges Take()
    {
        lock (_gate)
        {
            var changed = _now.Where(HasChanged).ToImmutableArray();
            foreach (var condition in changed)
            {
                _taken[condition.Device.Gpu.Uuid] = Mark.Of(condition);
            }

            return new ConditionChanges(changed, _isSimulated);
        }
    }

    public void Dispose() => _monitor.InventoryMade -= See;

    private void See(Inventory inventory)
    {
        lock (_gate)
        {
            var cordons = _monitor.Cordons.Record;
            _now =
            [
                .. inventory.Physical.Select(device => DeviceCondition.Of(device, _monitor.Health, cordons)),
            ];
            _isSimulated = inventory.IsSimulated;
            ForgetTooMany();
            foreach (var condition in _now)
            {
                _taken.TryAdd(
                    condition.Device.Gpu.Uuid, _hasBegun && !IsOld(condition) ? default : Mark.Of(condition));
            }

            _hasBegun |= !_now.IsEmpty;
            if (_now.Any(HasChanged))
            {
                _changed.Writer.TryWrite(true);
            }
        }
    }

    private bool HasChanged(DeviceCondition condition) => _taken[condition.Device.Gpu.Uuid] != Mark.Of(condition);

    private bool IsOld(DeviceCondition condition) =>
        condition.Causes.All(cause => cause.Since < _started)
        && (condition.Device.Cordon is null || condition.Cordon?.Since < _started);

    // A device that vanished and comes back is told if it differs from before.
    private void ForgetTooMany()
    {
        if (_taken.Count > MostKept)
        {
            var present = _now.Select(condition => condition.Device.Gpu.Uuid).ToHashSet(StringComparer.Ordinal);
            foreach (var uuid in _taken.Keys.Where(uuid => !present.Contains(uuid)).ToList())
            {
                _taken.Remove(uuid);
            }
        }
    }

    /// <summary>What makes a difference; the default is a device with which nothing is wrong.</summary>
    private readonly record struct Mark(bool IsWithheld, bool IsCordoned, string? Causes)
    {
        public static Mark Of(DeviceCondition condition)
        {
            var causes = condition.Causes.Select(cause => $"{cause.Word} {cause.Xid} {cause.Instance}")
                .Distinct().Order(StringComparer.Ordinal).ToList();
            return new Mark(
                condition.IsWithheld, condition.Device.Cordon is not null, causes.Count == 0 ? null : string.Join('\n', causes));
        }
    }
}

/// <summary>What changed since it was last asked.</summary>
/// <param name="Devices">As they are now.</param>
/// <param name="IsSimulated">Whether they come from a scenario.</param>
public sealed record ConditionChanges(ImmutableArray<DeviceCondition> Devices, bool IsSimulated);

using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// A reservation while strategies add to it. Of two mounts or nodes with one path in the task the first stands: a driver
/// refuses the second.
/// </summary>
public sealed class ReservationDraft
{
    private readonly ImmutableSortedDictionary<string, string>.Builder _environment =
        ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);

    private readonly HashSet<string> _taskPaths = new(StringComparer.Ordinal);
    private readonly ImmutableArray<ReservedMount>.Builder _mounts = ImmutableArray.CreateBuilder<ReservedMount>();
    private readonly ImmutableArray<ReservedNode>.Builder _nodes = ImmutableArray.CreateBuilder<ReservedNode>();

    public void SetVariable(string name, string value) => _environment[name] = value;

    public void AddMount(ReservedMount mount)
    {
        if (_taskPaths.Add(mount.TaskPath))
        {
            _mounts.Add(mount);
        }
    }

    public void AddNode(ReservedNode node)
    {
        if (_taskPaths.Add(node.TaskPath))
        {
            _nodes.Add(node);
        }
    }

    public Reservation Finish() => new()
    {
        Environment = _environment.ToImmutable(),
        Mounts = _mounts.ToImmutable(),
        DeviceNodes = _nodes.ToImmutable(),
    };
}

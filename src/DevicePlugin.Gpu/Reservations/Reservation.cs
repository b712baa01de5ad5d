using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>What a task is given for the devices it reserved. No path of the task occurs twice.</summary>
public sealed record Reservation
{
    public static readonly Reservation Empty = new();

    public ImmutableSortedDictionary<string, string> Environment { get; init; } =
        ImmutableSortedDictionary<string, string>.Empty;

    public ImmutableArray<ReservedMount> Mounts { get; init; } = [];

    public ImmutableArray<ReservedNode> DeviceNodes { get; init; } = [];

    /// <summary>What the operator should know of a reservation that is given all the same; null when there is nothing.</summary>
    public string? Warning { get; init; }
}

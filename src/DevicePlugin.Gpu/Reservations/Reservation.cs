using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>What a task is given for the devices it reserved.</summary>
public sealed record Reservation(ImmutableSortedDictionary<string, string> Environment)
{
    public static readonly Reservation Empty = new(ImmutableSortedDictionary<string, string>.Empty);
}

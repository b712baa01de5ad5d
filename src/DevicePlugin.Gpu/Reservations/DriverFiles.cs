using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>The loaded driver's libraries and tools, ready to be mounted.</summary>
public sealed record DriverFiles(ImmutableArray<ReservedMount> Mounts)
{
    /// <summary>Why they are not complete enough to be of use; null when they are.</summary>
    public string? Problem { get; init; }
}

using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Health;

/// <summary>How often a cause came back lately: a restart of the plugin is no quiet time.</summary>
/// <param name="Gpu">UUID of the physical GPU.</param>
/// <param name="Fault">Null for an XID.</param>
/// <param name="Xid">Null for a fault.</param>
/// <param name="Level">How often it was held because it returned.</param>
public sealed record RememberedFlap(string Gpu, DeviceFaultKind? Fault, long? Xid, int Level)
{
    /// <summary>UUID of the MIG instance that alone is meant; null for the whole GPU.</summary>
    public string? Instance { get; init; }

    /// <summary>When it began, the last time at the end.</summary>
    public required ImmutableArray<DateTimeOffset> Onsets { get; init; }

    /// <summary>When it cleared last; null when it has not.</summary>
    public DateTimeOffset? Cleared { get; init; }

    public bool Equals(RememberedFlap? other) => other is not null
        && (Gpu, Fault, Xid, Level, Instance, Cleared)
            == (other.Gpu, other.Fault, other.Xid, other.Level, other.Instance, other.Cleared)
        && Onsets.AsSpan().SequenceEqual(other.Onsets.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Gpu, Fault, Xid, Instance);
}

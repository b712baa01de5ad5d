using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>What the plugin knew of the node's GPUs and MIG instances when they last answered.</summary>
public sealed record KnownGpuMemory(ImmutableArray<GpuDevice> Devices)
{
    public static readonly KnownGpuMemory Empty = new([]);

    /// <summary>
    /// The load of the driver that reported them: under another one their addresses, nodes and instances may be others.
    /// </summary>
    public DriverLoad? Load { get; init; }

    public string? DriverVersion { get; init; }

    public bool Equals(KnownGpuMemory? other) =>
        other is not null && Load == other.Load && DriverVersion == other.DriverVersion
        && Devices.AsSpan().SequenceEqual(other.Devices.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Load, DriverVersion, Devices.Length);
}

/// <summary>Where that is kept over restarts. Neither member throws; neither is called before the first stream.</summary>
/// <param name="Load">What an earlier process kept; empty when there is nothing that can be used.</param>
/// <param name="Save">Replaces what is kept. False if that failed; the same is then saved again.</param>
public sealed record KnownGpuStore(Func<KnownGpuMemory> Load, Func<KnownGpuMemory, bool> Save)
{
    /// <summary>Whether what it has and the node lacks is to be listed: a command only shows what is there.</summary>
    public bool ExpectsThem { get; init; }

    public static readonly KnownGpuStore None = new(() => KnownGpuMemory.Empty, _ => true);
}

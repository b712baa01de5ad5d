using System.Collections.Immutable;

namespace DevicePlugin.Hardware.Mps;

/// <summary>What the configuration wants of MPS on the node as it is now.</summary>
/// <param name="Blocks">One for each sharing block with MPS.</param>
/// <param name="VisibleGpus">UUIDs of the GPUs that the driver shows, shared or not.</param>
public sealed record MpsPlan(ImmutableArray<MpsBlock> Blocks, ImmutableHashSet<string> VisibleGpus)
{
    /// <summary>GPUs that MPS cannot share as the configuration wants it, by their UUID, and why.</summary>
    public ImmutableDictionary<string, string> Refused { get; init; } = ImmutableDictionary<string, string>.Empty;
}

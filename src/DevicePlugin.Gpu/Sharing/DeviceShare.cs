namespace DevicePlugin.Gpu.Sharing;

/// <summary>A device's place among the replicas of one GPU or MIG instance.</summary>
/// <param name="Rule">Index of the rule that shares it, in <see cref="SharingPolicy.Rules"/>.</param>
/// <param name="Strategy">How the tasks share it.</param>
/// <param name="Replicas">How many times it is offered, 2 or more.</param>
/// <param name="Replica">Which of them, from 0.</param>
public sealed record DeviceShare(int Rule, SharingStrategy Strategy, int Replicas, int Replica)
{
    /// <summary>Whether its group is told apart from exclusive devices of the same model; the rules alone decide.</summary>
    public bool HasOwnGroup { get; init; }

    /// <summary>The default one where the strategy has none.</summary>
    public TimeSlice TimeSlice { get; init; } = TimeSlice.Default;

    /// <summary>
    /// What one replica may count on: a limit with MPS, a fair part with time-slicing. Null where unknown.
    /// </summary>
    public long? MemoryMiB { get; init; }
}

using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Operations;

public enum OperatorVerb
{
    Cordon,
    Uncordon,
    ListHealth,
    ClearHealth,
}

/// <summary>What an operator wants done to GPUs.</summary>
/// <param name="Verb">What.</param>
/// <param name="Gpus">As the operator named them; <c>all</c> or nothing for every GPU, where the verb allows it.</param>
/// <param name="By">Who, for records and logs.</param>
/// <param name="Written">When it was asked for.</param>
public sealed record OperatorRequest(OperatorVerb Verb, ImmutableArray<string> Gpus, string By, DateTimeOffset Written)
{
    public const string All = "all";

    /// <summary>Of a cordon; empty for the other verbs.</summary>
    public string Reason { get; init; } = "";

    public bool IsForAll => Gpus.IsEmpty || Gpus is [All];
}

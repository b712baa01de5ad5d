using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Operations;

public enum OperatorVerb
{
    Cordon,
    Uncordon,
    ListHealth,
    ClearHealth,

    /// <summary>Asks whether a GPU may be reset, and changes nothing.</summary>
    CheckReset,

    /// <summary>Cordons a GPU and lends the driver to the process that will reset it.</summary>
    BeginReset,

    /// <summary>Takes the driver back, and ends the cordon of the reset when the GPU is well.</summary>
    EndReset,
}

/// <summary>What became of a reset.</summary>
public enum ResetOutcome
{
    /// <summary>The GPU was not touched.</summary>
    NotTried,

    Failed,
    Done,
}

/// <summary>The process that resets a GPU, which cannot be mistaken for a later one with the same id.</summary>
/// <param name="Id">Its process id.</param>
/// <param name="StartTicks">When it began, in the kernel's ticks since the boot; 0 where only its id was kept.</param>
public readonly record struct ResetProcess(int Id, long StartTicks);

/// <summary>What an operator wants done to GPUs.</summary>
/// <param name="Verb">What.</param>
/// <param name="Gpus">As the operator named them; <c>all</c> or nothing for every GPU, where the verb allows it.</param>
/// <param name="By">Who, for records and logs.</param>
/// <param name="Written">When it was asked for.</param>
public sealed record OperatorRequest(OperatorVerb Verb, ImmutableArray<string> Gpus, string By, DateTimeOffset Written)
{
    public const string All = "all";

    /// <summary>How long the driver may be lent at most.</summary>
    public static readonly TimeSpan LongestLoan = TimeSpan.FromMinutes(31);

    /// <summary>Of a cordon, or of what became of a reset; empty for the other verbs.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Of a reset; null for the other verbs.</summary>
    public ResetProcess? Process { get; init; }

    /// <summary>How long the driver may be lent, at most <see cref="LongestLoan"/>.</summary>
    public TimeSpan Limit { get; init; }

    public ResetOutcome Outcome { get; init; }

    /// <summary>Whether it repeats a request, to hear what has come of it since.</summary>
    public bool IsRepeated { get; init; }

    public bool IsForAll => Gpus.IsEmpty || Gpus is [All];
}

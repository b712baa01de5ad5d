using System.Collections.Immutable;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Gpu.Operations;

/// <summary>What became of a request.</summary>
/// <param name="Problem">Why nothing was done; null when it was.</param>
/// <param name="Gpus">The GPUs it was about, as they are now.</param>
public sealed record OperatorAnswer(string? Problem, ImmutableArray<GpuCondition> Gpus)
{
    /// <summary>The folder of the records that were used; empty when that is the caller's business.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Whether a plugin that serves did it; otherwise the records were changed, and the next one takes them up.</summary>
    public bool IsServed { get; init; }

    /// <summary>What the configuration exempts from the judgement of health.</summary>
    public ImmutableArray<HealthExemption> Exceptions { get; init; } = [];

    /// <summary>Of a GPU that is reset; null for the other verbs.</summary>
    public ResetState? Reset { get; init; }

    public static OperatorAnswer Refusal(string problem) => new(problem, []);
}

/// <summary>How far the reset of a GPU is.</summary>
/// <param name="ProcessId">The process that has the driver otherwise.</param>
/// <param name="MinorNumber">Of the GPU's device node; null where the driver does not say.</param>
public sealed record ResetState(int ProcessId, int? MinorNumber)
{
    /// <summary>The driver is closed.</summary>
    public bool IsReleased { get; init; }

    /// <summary>A probe after the reset found nothing wrong.</summary>
    public bool IsFit { get; init; }
}

/// <summary>A physical GPU as operators see it.</summary>
/// <param name="Uuid">Its UUID.</param>
/// <param name="State">healthy, unhealthy or unmonitored; unknown when no plugin runs that could tell.</param>
/// <param name="Causes">What is wrong with it and its instances.</param>
public sealed record GpuCondition(string Uuid, string State, ImmutableArray<CauseReport> Causes)
{
    public string? Name { get; init; }

    public int? Index { get; init; }

    public string? PciBusId { get; init; }

    public string? BoardSerial { get; init; }

    public Cordon? Cordon { get; init; }

    /// <summary>Everything that is wrong with it and its instances, in words for programs.</summary>
    public ImmutableArray<string> Words { get; init; } = [];

    /// <summary>What the request changed, or why it did not; null where it changed nothing.</summary>
    public string? Done { get; init; }

    /// <summary>What Nomad is told of it and its instances; empty when nothing is wrong.</summary>
    public string Description { get; init; } = "";
}

namespace DevicePlugin.Gpu.Health;

/// <summary>Where causes are kept over restarts. Neither member throws; neither is called before the first stream.</summary>
/// <param name="Load">What an earlier process kept; empty when there is nothing that can be used.</param>
/// <param name="Save">Replaces what is kept.</param>
public sealed record HealthStore(Func<HealthMemory> Load, Action<HealthMemory> Save)
{
    public static readonly HealthStore None = new(() => HealthMemory.Empty, _ => { });

    /// <summary>Whether the last save was kept; otherwise the same is saved again.</summary>
    public Func<bool> IsKept { get; init; } = () => true;
}

namespace DevicePlugin.Gpu.Health;

/// <summary>Where causes are kept over restarts. Neither member throws; neither is called before the first stream.</summary>
/// <param name="Load">What an earlier process kept; empty when there is nothing that can be used.</param>
/// <param name="Save">Replaces what is kept. False if that failed; the same is then saved again.</param>
public sealed record HealthStore(Func<HealthMemory> Load, Func<HealthMemory, bool> Save)
{
    public static readonly HealthStore None = new(() => HealthMemory.Empty, _ => true);
}

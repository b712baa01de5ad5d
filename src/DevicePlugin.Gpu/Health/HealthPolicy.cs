namespace DevicePlugin.Gpu.Health;

/// <summary>What the configuration says about judging the devices.</summary>
public sealed record HealthPolicy
{
    public static readonly HealthPolicy Default = new();

    /// <summary>False: every device that is found counts as healthy.</summary>
    public bool Enabled { get; init; } = true;

    public XidTable Xids { get; init; } = XidTable.Default;

    public HealthStore Store { get; init; } = HealthStore.None;
}

namespace DevicePlugin.Gpu.Health;

/// <summary>
/// Whether a device may get new tasks. Fixed while a cause lasts: Nomad compares the text, and a text that changes would
/// make it evaluate the node's jobs again.
/// </summary>
/// <param name="State">Healthy and unmonitored devices are offered to Nomad.</param>
/// <param name="Cause">What is wrong and what showed it; empty when nothing is.</param>
/// <param name="Since">When the cause was first seen; null when healthy.</param>
public sealed record DeviceHealth(HealthState State, string Cause = "", DateTimeOffset? Since = null)
{
    public static readonly DeviceHealth Healthy = new(HealthState.Healthy);

    public bool IsUsable => State != HealthState.Unhealthy;

    /// <summary>Nomad's health_description: the cause with its onset, or empty.</summary>
    public string Description => Since is { } since ? $"{Cause} (since {since.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ})" : Cause;
}

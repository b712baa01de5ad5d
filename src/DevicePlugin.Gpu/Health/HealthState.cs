namespace DevicePlugin.Gpu.Health;

public enum HealthState
{
    Healthy,
    Unhealthy,

    /// <summary>Nothing is known to be wrong, but nothing would tell if it were. Nomad still places tasks.</summary>
    Unmonitored,
}

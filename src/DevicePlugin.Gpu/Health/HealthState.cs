namespace DevicePlugin.Gpu.Health;

public enum HealthState
{
    Healthy,
    Unhealthy,

    /// <summary>Nothing is known to be wrong, but nothing would tell if it were. Nomad still places tasks.</summary>
    Unmonitored,

    /// <summary>Something is wrong, and the configuration says to report it only. Nomad still places tasks.</summary>
    Reported,
}

/// <summary>The states as users read them.</summary>
public static class HealthStateWord
{
    public static string Of(HealthState state) => state switch
    {
        HealthState.Healthy => "healthy",
        HealthState.Unhealthy => "unhealthy",
        HealthState.Unmonitored => "unmonitored",
        HealthState.Reported => "reported",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "a state without a word"),
    };
}

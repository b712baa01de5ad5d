namespace DevicePlugin.Nomad.Configuration;

/// <summary>Which reservation strategies a task can be given at once.</summary>
internal static class StrategyRules
{
    public static void Check(ReserveConfig reserve, ConfigFindings findings)
    {
        if (reserve.Strategies.Contains(ReservationStrategy.EnvironmentVariable))
        {
            // Each of these tells NVIDIA's container toolkit the devices once more, and another way.
            Refuse(reserve, findings, ReservationStrategy.VolumeMounts, "volume-mounts");
            Refuse(reserve, findings, ReservationStrategy.Cdi, "cdi");
        }

        // A list of nothing but unknown words is empty too, and has been refused for those.
        if (reserve.Strategies.Count == 0 && !reserve.CudaVisibleDevices
            && !findings.HasErrorIn(ConfigKeys.Reserve.Strategies.Path))
        {
            findings.Wrong(() => new ConfigError(
                ConfigKeys.Reserve.Strategies.Path, "[]",
                "must name at least one of envvar, volume-mounts, device-nodes or cdi, "
                + "unless cuda_visible_devices = true, since a task would get nothing"));
        }
    }

    private static void Refuse(
        ReserveConfig reserve, ConfigFindings findings, ReservationStrategy strategy, string name)
    {
        if (reserve.Strategies.Contains(strategy))
        {
            findings.Wrong(() => new ConfigError(
                ConfigKeys.Reserve.Strategies.Path, $"\"envvar\" with \"{name}\"",
                "envvar goes alone or with device-nodes"));
        }
    }
}

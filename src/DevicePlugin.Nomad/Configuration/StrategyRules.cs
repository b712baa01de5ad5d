namespace DevicePlugin.Nomad.Configuration;

/// <summary>Which reservation strategies a task can be given at once.</summary>
internal static class StrategyRules
{
    public static void Check(ReserveConfig reserve, ConfigFindings findings)
    {
        RequireNodes(reserve, findings);
        if (reserve.Strategies.Contains(ReservationStrategy.EnvironmentVariable))
        {
            // Each of these tells NVIDIA's container toolkit the devices once more, and another way.
            Refuse(reserve, findings, ReservationStrategy.VolumeMounts, "volume-mounts");
            Refuse(reserve, findings, ReservationStrategy.Cdi, "cdi");
        }

        RequireAWay(reserve, findings);
        if (reserve.CudaVisibleDevices && FindAdditive(reserve) is { } additive)
        {
            findings.Warn(
                $"\"{ConfigKeys.Reserve.CudaVisibleDevices.Path}\" with the strategy {additive}: a task with several device "
                + "blocks gets the devices of all of them, but Nomad keeps only the last block's CUDA_VISIBLE_DEVICES.");
        }
    }

    /// <summary>NVIDIA's tool makes nodes under <c>/dev</c> and nowhere else.</summary>
    public static void CheckDevRoot(PluginConfig config, ConfigFindings findings)
    {
        if (config.Reserve.CreateDeviceNodes && Path.TrimEndingDirectorySeparator(config.DevRoot) != "/dev")
        {
            findings.Warn(
                $"\"{ConfigKeys.Reserve.CreateDeviceNodes.Path}\" has no effect with \"{ConfigKeys.Top.DevRoot.Path}\" = "
                + $"\"{config.DevRoot}\": nvidia-modprobe creates nodes under /dev only.");
        }
    }

    private static void RequireAWay(ReserveConfig reserve, ConfigFindings findings)
    {
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

    // What these add is handed out as nodes and mounts, or by the spec of cdi. Asked first, while the only errors about the
    // strategies are words that nobody knows: one of them may have been meant.
    private static void RequireNodes(ReserveConfig reserve, ConfigFindings findings)
    {
        var hasNodes = reserve.Strategies.Contains(ReservationStrategy.DeviceNodes)
            || findings.HasErrorIn(ConfigKeys.Reserve.Strategies.Path);
        if (reserve.DriverLibraries && !hasNodes)
        {
            findings.Wrong(() => new ConfigError(
                ConfigKeys.Reserve.DriverLibraries.Path, "true", "needs device-nodes among reserve.strategies"));
        }

        hasNodes |= reserve.Strategies.Contains(ReservationStrategy.Cdi);
        if (reserve.ExtraNodes.Count > 0 && !hasNodes)
        {
            findings.Wrong(() => new ConfigError(
                ConfigKeys.Reserve.ExtraNodes.Path, null, "needs device-nodes or cdi among reserve.strategies"));
        }

        if (reserve.ImexChannels.Count > 0 && !hasNodes)
        {
            findings.Wrong(() => new ConfigError(
                ConfigKeys.Reserve.ImexChannels.Path, null, "needs device-nodes or cdi among reserve.strategies"));
        }

        if (reserve.CreateDeviceNodes && !hasNodes)
        {
            findings.Wrong(() => new ConfigError(
                ConfigKeys.Reserve.CreateDeviceNodes.Path, "true", "needs device-nodes or cdi among reserve.strategies"));
        }
    }

    private static string? FindAdditive(ReserveConfig reserve) =>
        reserve.Strategies.Contains(ReservationStrategy.VolumeMounts) ? "volume-mounts"
        : reserve.Strategies.Contains(ReservationStrategy.DeviceNodes) ? "device-nodes"
        : null;

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

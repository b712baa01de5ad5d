namespace DevicePlugin.Nomad.Configuration;

/// <summary>Which reservation strategies a task can be given at once.</summary>
internal static class StrategyRules
{
    public static readonly (string Word, ReservationStrategy Meaning)[] Words =
    [
        ("envvar", ReservationStrategy.EnvironmentVariable),
        ("volume-mounts", ReservationStrategy.VolumeMounts),
        ("device-nodes", ReservationStrategy.DeviceNodes),
        ("cdi", ReservationStrategy.Cdi),
        ("cdi-mounts", ReservationStrategy.CdiMounts),
        ("cdi-envvar", ReservationStrategy.CdiEnvironmentVariable),
    ];

    public static void Check(ReserveConfig reserve, ConfigFindings findings)
    {
        RequireNodes(reserve, findings);
        RefuseTogether(reserve, findings);
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
                "must name at least one strategy, unless cuda_visible_devices = true, since a task would get nothing"));
        }
    }

    // What these add is handed out as nodes and mounts or through the CDI spec. Checked first: at this point an error about the
    // strategies is an unknown word, and that may be a misspelling of the strategy that is needed here.
    private static void RequireNodes(ReserveConfig reserve, ConfigFindings findings)
    {
        if (findings.HasErrorIn(ConfigKeys.Reserve.Strategies.Path))
        {
            return;
        }

        if (reserve.DriverLibraries && !reserve.Strategies.Contains(ReservationStrategy.DeviceNodes))
        {
            findings.Wrong(() => new ConfigError(
                ConfigKeys.Reserve.DriverLibraries.Path, "true", "needs device-nodes among reserve.strategies"));
        }

        if (reserve.HandsOutNodes)
        {
            return;
        }

        const string Needed = "needs device-nodes, cdi, cdi-mounts or cdi-envvar among reserve.strategies";
        if (reserve.ExtraNodes.Count > 0)
        {
            findings.Wrong(() => new ConfigError(ConfigKeys.Reserve.ExtraNodes.Path, null, Needed));
        }

        if (reserve.ImexChannels.Count > 0)
        {
            findings.Wrong(() => new ConfigError(ConfigKeys.Reserve.ImexChannels.Path, null, Needed));
        }

        if (reserve.Sockets.Count > 0)
        {
            findings.Wrong(() => new ConfigError(ConfigKeys.Reserve.Sockets.Path, null, Needed));
        }

        if (reserve.CreateDeviceNodes)
        {
            findings.Wrong(() => new ConfigError(ConfigKeys.Reserve.CreateDeviceNodes.Path, "true", Needed));
        }
    }

    private static string? FindAdditive(ReserveConfig reserve) => WordsOf(
        reserve, ReservationStrategy.VolumeMounts, ReservationStrategy.CdiMounts, ReservationStrategy.DeviceNodes).FirstOrDefault();

    private static IEnumerable<string> WordsOf(ReserveConfig reserve, params ReservationStrategy[] strategies) =>
        strategies.Where(reserve.Strategies.Contains).Select(strategy => Words.First(word => word.Meaning == strategy).Word);

    // The toolkit reads only one of these. And cdi is for nodes without NVIDIA's runtime, which Docker requires as soon as a task
    // has the variable; where both are in use, cdi-envvar serves both with one spec.
    private static void RefuseTogether(ReserveConfig reserve, ConfigFindings findings)
    {
        var asking = WordsOf(
            reserve, ReservationStrategy.EnvironmentVariable, ReservationStrategy.VolumeMounts, ReservationStrategy.CdiMounts,
            ReservationStrategy.CdiEnvironmentVariable).ToList();
        foreach (var other in asking.Skip(1))
        {
            findings.Wrong(() => new ConfigError(
                ConfigKeys.Reserve.Strategies.Path, $"\"{asking[0]}\" with \"{other}\"",
                "each of these tells NVIDIA's container toolkit the devices in its own way; name one of them"));
        }

        if (reserve.Strategies.Contains(ReservationStrategy.EnvironmentVariable)
            && reserve.Strategies.Contains(ReservationStrategy.Cdi))
        {
            findings.Wrong(() => new ConfigError(
                ConfigKeys.Reserve.Strategies.Path, "\"envvar\" with \"cdi\"",
                "envvar goes alone or with device-nodes; cdi-envvar goes with cdi"));
        }
    }
}

using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu.Sharing;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>Reads the plugin block, as Nomad sends it or from a file with the same keys, and no hardware.</summary>
public static class PluginConfigReader
{
    private static readonly TimeSpan LeastPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostPeriod = TimeSpan.FromHours(24);

    /// <summary>
    /// From SetConfig's <c>msgpack_config</c>. No bytes and nil mean all defaults; so does a key that the agent's schema did not have,
    /// and one that is not known here is a warning: agent and plugin may be of different versions.
    /// </summary>
    /// <exception cref="PluginConfigException">Names everything that is wrong; nothing else is thrown.</exception>
    public static ParsedConfig FromMessagePack(ReadOnlyMemory<byte> bytes) =>
        Read(bytes, MessagePackValues.Read, new ConfigFindings(takesUnknownKeys: true));

    /// <summary>From a JSON file in UTF-8: a block is an object or an array of one, <c>sharing</c> an array.</summary>
    /// <exception cref="PluginConfigException">Names everything that is wrong; nothing else is thrown.</exception>
    public static ParsedConfig FromJson(ReadOnlyMemory<byte> utf8) => Read(utf8, JsonValues.Read, new ConfigFindings());

    private static ParsedConfig Read(
        ReadOnlyMemory<byte> bytes, Func<ReadOnlyMemory<byte>, ConfigValue> parse, ConfigFindings findings)
    {
        if (bytes.Length > ConfigLimits.Bytes)
        {
            throw new PluginConfigException(
                [new("", null, $"it has {bytes.Length} bytes; the limit is {ConfigLimits.Bytes}")]);
        }

        try
        {
            return Build(parse(bytes), findings);
        }
        catch (MalformedConfigException ex)
        {
            throw new PluginConfigException([new("", null, ex.Message)], ex);
        }
    }

    private static ParsedConfig Build(ConfigValue root, ConfigFindings findings)
    {
        var top = new BlockReader("", "", root, findings);
        var config = new PluginConfig
        {
            Enabled = top.Read(ConfigKeys.Top.Enabled),
            IgnoredGpuIds = top.Read(ConfigKeys.Top.IgnoredGpuIds),
            FingerprintPeriod = HoldToLimits(top.Read(ConfigKeys.Top.FingerprintPeriod), findings),
            Backend = top.Read(ConfigKeys.Top.Backend),
            NvmlLibrary = top.Read(ConfigKeys.Top.NvmlLibrary),
            DriverRoot = top.Read(ConfigKeys.Top.DriverRoot),
            DevRoot = top.Read(ConfigKeys.Top.DevRoot),
            ProcRoot = top.Read(ConfigKeys.Top.ProcRoot),
            SysRoot = top.Read(ConfigKeys.Top.SysRoot),
            StateDir = top.Read(ConfigKeys.Top.StateDir),
            LogLevel = top.Read(ConfigKeys.Top.MinimumLogLevel),
            Fake = new FakeConfig { Scenario = top.Block("fake").Read(ConfigKeys.Fake.Scenario) },
            Health = ReadHealth(top.Block("health"), findings),
            Reserve = ReadReserve(top.Block("reserve"), findings),
            Sharing = top.Blocks("sharing").Select((block, i) => ReadSharing(block, i, findings)).ToImmutableArray(),
            Mps = ReadMps(top.Block("mps")),
            Metrics = ReadMetrics(top.Block("metrics"), findings),
        };
        config = WithPaths(config, top.Read(ConfigKeys.Top.RunDir), top.Read(ConfigKeys.Top.MaintenanceFile));
        StrategyRules.CheckDevRoot(config, findings);
        findings.ThrowIfAnyError();
        return new ParsedConfig(config, findings.Warnings);
    }

    private static PluginConfig WithPaths(PluginConfig config, string? runDir, string? maintenanceFile)
    {
        config = runDir is null ? config : config with { RunDir = runDir };
        return maintenanceFile is null
            ? config
            : config with { MaintenanceFile = maintenanceFile, FormerMaintenanceFile = null };
    }

    // The official plugin takes any duration and then never rests (0s) or never looks again; refusing one would keep an
    // agent that runs today from starting.
    private static TimeSpan HoldToLimits(TimeSpan period, ConfigFindings findings)
    {
        var held = period < LeastPeriod ? LeastPeriod : period > MostPeriod ? MostPeriod : period;
        if (held != period)
        {
            findings.Warn(
                $"\"fingerprint_period\" is \"{GoDuration.Format(period)}\", outside 1s to 24h; "
                + $"\"{GoDuration.Format(held)}\" is used.");
        }

        return held;
    }

    private static HealthConfig ReadHealth(BlockReader block, ConfigFindings findings)
    {
        var health = new HealthConfig
        {
            Enabled = block.Read(ConfigKeys.Health.Enabled),
            ObserveOnly = block.Read(ConfigKeys.Health.ObserveOnly),
            ReportOnly = block.Read(ConfigKeys.Health.ReportOnly),
            IgnoredXids = block.Read(ConfigKeys.Health.IgnoredXids),
            CriticalXids = block.Read(ConfigKeys.Health.CriticalXids),
            CallTimeout = block.Read(ConfigKeys.Health.CallTimeout),
            KernelLog = block.Read(ConfigKeys.Health.KernelLog),
            OnChange = block.Read(ConfigKeys.Health.OnChange),
        };
        var reporting = health.ObserveOnly ? ConfigKeys.Health.ObserveOnly.Path : ConfigKeys.Health.ReportOnly.Path;
        if (!health.Enabled && (health.ObserveOnly || health.ReportOnly.Count > 0))
        {
            findings.Warn(
                $"\"{reporting}\" has no effect with \"health.enabled\" = false: nothing is judged, so that there is nothing to "
                + "report. Remove \"enabled\" to see what is wrong with the GPUs.");
        }

        foreach (var xid in health.IgnoredXids.Intersect(health.CriticalXids))
        {
            findings.Wrong(() => new ConfigError(
                ConfigKeys.Health.CriticalXids.Path, xid.ToString(CultureInfo.InvariantCulture),
                $"is in {ConfigKeys.Health.IgnoredXids.Path} too; keep it in one of them"));
        }

        return health;
    }

    private static ReserveConfig ReadReserve(BlockReader block, ConfigFindings findings)
    {
        var reserve = new ReserveConfig
        {
            Strategies = block.Read(ConfigKeys.Reserve.Strategies),
            CudaVisibleDevices = block.Read(ConfigKeys.Reserve.CudaVisibleDevices),
            DriverLibraries = block.Read(ConfigKeys.Reserve.DriverLibraries),
            DriverCapabilities = block.Read(ConfigKeys.Reserve.DriverCapabilities),
            AllowUnhealthy = block.Read(ConfigKeys.Reserve.AllowUnhealthy),
            CdiSpecDir = block.Read(ConfigKeys.Reserve.CdiSpecDir),
            ExtraNodes = block.Read(ConfigKeys.Reserve.ExtraNodes),
            ImexChannels = block.Read(ConfigKeys.Reserve.ImexChannels),
            Sockets = block.Read(ConfigKeys.Reserve.Sockets),
            CreateDeviceNodes = block.Read(ConfigKeys.Reserve.CreateDeviceNodes),
        };
        StrategyRules.Check(reserve, findings);
        return reserve;
    }

    private static SharingConfig ReadSharing(BlockReader block, int index, ConfigFindings findings)
    {
        var sharing = new SharingConfig
        {
            Strategy = block.Read(ConfigKeys.Sharing.Strategy),
            Replicas = block.Read(ConfigKeys.Sharing.Replicas),
            Devices = block.Read(ConfigKeys.Sharing.Devices),
            Rename = block.Read(ConfigKeys.Sharing.Rename),
            TimeSlice = block.Read(ConfigKeys.Sharing.TimeSlice),
        };
        if (sharing is { Strategy: SharingStrategy.Mps, TimeSlice: not TimeSlice.Default })
        {
            findings.Warn($"\"sharing[{index}].time_slice\" means nothing with the strategy mps: nobody takes turns.");
        }

        if (sharing.Devices.Count == 0)
        {
            findings.Warn($"\"sharing[{index}].devices\" is empty: the block is for no device.");
        }

        return sharing;
    }

    private static MpsConfig ReadMps(BlockReader block) => new()
    {
        ManageDaemon = block.Read(ConfigKeys.Mps.ManageDaemon),
        PipeDirectory = block.Read(ConfigKeys.Mps.PipeDirectory),
        LogDirectory = block.Read(ConfigKeys.Mps.LogDirectory),
        MemoryLimitMiB = block.Read(ConfigKeys.Mps.MemoryLimit),
        ThreadPercentage = block.Read(ConfigKeys.Mps.ThreadPercentage) is var percentage and > 0 ? percentage : null,
    };

    private static MetricsConfig ReadMetrics(BlockReader block, ConfigFindings findings)
    {
        var metrics = new MetricsConfig
        {
            Address = block.Read(ConfigKeys.Metrics.Address),
            NomadAddress = block.Read(ConfigKeys.Metrics.NomadAddress),
            NomadTokenFile = block.Read(ConfigKeys.Metrics.NomadTokenFile),
        };
        if (metrics.Address is { IsEveryAddress: true } address)
        {
            findings.Warn(
                $"\"{ConfigKeys.Metrics.Address.Path}\" is \"{address}\", which listens on every address of the node: metrics and the "
                + $"status page are open to the network, without a login. Use \"127.0.0.1:{address.Port}\" to keep them on the node.");
        }

        return metrics;
    }
}

using System.Collections.Immutable;
using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>The plugin block as Nomad and people are told about it.</summary>
public static class ConfigSchema
{
    /// <summary>Blocks in the order that users read about them.</summary>
    public static ImmutableArray<ConfigBlock> Blocks { get; } =
    [
        new("fake", "The simulated node, with backend = \"fake\"."),
        new("health", "When a GPU counts as unhealthy."),
        new("reserve", "What a task gets to use its devices."),
        new("sharing", "Offers devices several times. Each block is a rule for the devices that it matches.")
        { Repeatable = true },
        new("mps", "The daemons of sharing blocks with strategy mps."),
        new("metrics", "Metrics for Prometheus."),
    ];

    /// <summary>Every key, those of a block together.</summary>
    public static ImmutableArray<ConfigKey> Keys { get; } =
    [
        ConfigKeys.Top.Enabled,
        ConfigKeys.Top.IgnoredGpuIds,
        ConfigKeys.Top.FingerprintPeriod,
        ConfigKeys.Top.Backend,
        ConfigKeys.Top.NvmlLibrary,
        ConfigKeys.Top.DriverRoot,
        ConfigKeys.Top.DevRoot,
        ConfigKeys.Top.ProcRoot,
        ConfigKeys.Top.SysRoot,
        ConfigKeys.Top.StateDir,
        ConfigKeys.Top.RunDir,
        ConfigKeys.Top.MaintenanceFile,
        ConfigKeys.Top.MinimumLogLevel,
        ConfigKeys.Fake.Scenario,
        ConfigKeys.Health.Enabled,
        ConfigKeys.Health.ObserveOnly,
        ConfigKeys.Health.ReportOnly,
        ConfigKeys.Health.IgnoredXids,
        ConfigKeys.Health.CriticalXids,
        ConfigKeys.Health.CallTimeout,
        ConfigKeys.Health.KernelLog,
        ConfigKeys.Health.OnChange,
        ConfigKeys.Reserve.Strategies,
        ConfigKeys.Reserve.CudaVisibleDevices,
        ConfigKeys.Reserve.DriverLibraries,
        ConfigKeys.Reserve.DriverCapabilities,
        ConfigKeys.Reserve.AllowUnhealthy,
        ConfigKeys.Reserve.CdiSpecDir,
        ConfigKeys.Reserve.ExtraNodes,
        ConfigKeys.Reserve.ImexChannels,
        ConfigKeys.Reserve.Sockets,
        ConfigKeys.Reserve.CreateDeviceNodes,
        ConfigKeys.Sharing.Strategy,
        ConfigKeys.Sharing.Replicas,
        ConfigKeys.Sharing.Devices,
        ConfigKeys.Sharing.Rename,
        ConfigKeys.Sharing.TimeSlice,
        ConfigKeys.Mps.ManageDaemon,
        ConfigKeys.Mps.PipeDirectory,
        ConfigKeys.Mps.LogDirectory,
        ConfigKeys.Mps.MemoryLimit,
        ConfigKeys.Mps.ThreadPercentage,
        ConfigKeys.Metrics.Address,
        ConfigKeys.Metrics.NomadAddress,
        ConfigKeys.Metrics.NomadTokenFile,
    ];

    /// <summary>
    /// What ConfigSchema answers. Every attribute has a default, so that nothing is required; a block that is not
    /// written arrives as nil.
    /// </summary>
    public static Spec Spec { get; } = CreateSpec();

    /// <summary>The keys of one block, or with an empty name those at the top.</summary>
    public static IEnumerable<ConfigKey> KeysOf(string block) => Keys.Where(key => key.Block == block);

    private static Spec CreateSpec()
    {
        var root = ObjectOf("");
        foreach (var block in Blocks)
        {
            var nested = new Spec { Object = ObjectOf(block.Name) };
            root.Attributes[block.Name] = block.Repeatable
                ? new Spec { BlockList = new BlockList { Name = block.Name, Nested = nested } }
                : new Spec { BlockValue = new Block { Name = block.Name, Nested = nested } };
        }

        return new Spec { Object = root };
    }

    private static Protocol.Object ObjectOf(string block)
    {
        var result = new Protocol.Object();
        foreach (var key in KeysOf(block))
        {
            result.Attributes[key.Name] = new Spec
            {
                Default = new Default
                {
                    Primary = new Spec { Attr = new Attr { Name = key.Name, Type = key.Type } },
                    Default_ = new Spec { Literal = new Literal { Value = key.DefaultLiteral } },
                },
            };
        }

        return result;
    }
}

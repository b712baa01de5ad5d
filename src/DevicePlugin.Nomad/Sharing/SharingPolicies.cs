using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Nomad.Sharing;

/// <summary>The blocks <c>sharing</c> as the domain takes them.</summary>
public static class SharingPolicies
{
    public static SharingPolicy Of(PluginConfig config)
    {
        var rules = new List<SharingRule>(config.Sharing.Count);
        foreach (var block in config.Sharing)
        {
            rules.Add(new SharingRule
            {
                Strategy = block.Strategy,
                Replicas = block.Replicas,
                Devices = [.. block.Devices.Select(text => new DevicePattern(text))],
                Rename = block.Rename,
                TimeSlice = block.TimeSlice,
                MemoryLimitMiB = block.Strategy == SharingStrategy.Mps ? config.Mps.MemoryLimitMiB : null,
            });
        }

        return rules.Count == 0 ? SharingPolicy.None : new SharingPolicy(rules);
    }
}

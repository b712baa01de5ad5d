using DevicePlugin.Gpu.Health;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Composition;

/// <summary>What the block <c>health</c> says about judging the devices.</summary>
internal static class HealthPolicies
{
    public static HealthPolicy Of(PluginConfig config) => new()
    {
        Enabled = config.Health.Enabled,
        ObserveOnly = config.Health.ObserveOnly,
        ReportOnly = [.. config.Health.ReportOnly],
        Xids = new XidTable(config.Health.IgnoredXids, config.Health.CriticalXids),
    };
}

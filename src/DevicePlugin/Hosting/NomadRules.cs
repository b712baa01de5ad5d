using DevicePlugin.Nomad.Fingerprinting;
using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Hosting;

/// <summary>What Nomad's agent checks in a plugin's answers, and what it takes for granted without a check.</summary>
internal static class NomadRules
{
    /// <summary>The only version of the device plugins' API (Nomad plugins/device/versions.go).</summary>
    public const string ApiVersion = "v0.1.0";

    public static void Check(PluginInfoResponse info)
    {
        if (info.Type != PluginType.Device)
        {
            throw new HostRuleException($"The plugin's type is {info.Type}, and only device plugins can be driven.");
        }

        if (info.Name.Length == 0 || info.PluginVersion.Length == 0)
        {
            throw new HostRuleException(
                $"The plugin's name \"{info.Name}\" and version \"{info.PluginVersion}\" must not be empty.");
        }

        if (!info.PluginApiVersions.Contains(ApiVersion))
        {
            throw new HostRuleException(
                $"The plugin offers the API versions \"{string.Join(", ", info.PluginApiVersions)}\", and Nomad needs " +
                $"{ApiVersion}.");
        }
    }

    public static void Check(FingerprintResponse fingerprint)
    {
        foreach (var group in fingerprint.DeviceGroup)
        {
            if (DeviceGroupRules.FindViolation(group) is { } violation)
            {
                throw new HostRuleException(
                    $"Nomad refuses the group \"{group.Vendor}/{group.DeviceType}/{group.DeviceName}\": {violation}. " +
                    "It would drop all devices of the plugin for good.");
            }
        }
    }

    public static void Check(ReserveResponse response)
    {
        if (response.ContainerRes is null)
        {
            throw new HostRuleException("The reply has no container_res, which Nomad's client dereferences unchecked.");
        }
    }

    public static void Check(StatsResponse statistics)
    {
        foreach (var (id, device) in statistics.Groups.SelectMany(group => group.InstanceStats))
        {
            if (device.Summary is null || device.Stats is null || device.Timestamp is null)
            {
                throw new HostRuleException(
                    $"The statistics of \"{id}\" lack summary, stats or timestamp, which Nomad dereferences unchecked.");
            }
        }
    }
}

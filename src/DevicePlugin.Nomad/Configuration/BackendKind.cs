namespace DevicePlugin.Nomad.Configuration;

/// <summary>Where the devices come from: the node's driver, or a scenario.</summary>
public enum BackendKind
{
    Nvml,
    Fake,
}

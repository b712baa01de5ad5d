namespace DevicePlugin.Nomad.Fingerprinting;

/// <summary>What job files name: <c>device "nvidia/gpu/..."</c>. The same as the official plugin's.</summary>
internal static class DeviceIdentity
{
    public const string Vendor = "nvidia";

    public const string Type = "gpu";
}

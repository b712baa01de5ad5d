namespace DevicePlugin.Nomad.Configuration;

/// <summary>
/// A host name or IP address (IPv6 without its brackets) and a port; port 0 when listening means any free one.
/// </summary>
public readonly record struct HostPort(string Host, int Port)
{
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

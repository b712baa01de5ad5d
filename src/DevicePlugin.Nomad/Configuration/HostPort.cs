using System.Net;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>
/// A host name or IP address (IPv6 without its brackets) and a port; port 0 when listening means any free one. A listener
/// without a host takes every address of the node.
/// </summary>
public readonly record struct HostPort(string Host, int Port)
{
    /// <summary>Whether a listener would be reached from any network that the node is in.</summary>
    public bool IsEveryAddress => Host.Length == 0
        || (IPAddress.TryParse(Host, out var ip)
            && (ip.Equals(IPAddress.IPv6Any) || (ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip).Equals(IPAddress.Any)));

    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

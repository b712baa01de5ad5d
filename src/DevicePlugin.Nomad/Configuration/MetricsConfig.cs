namespace DevicePlugin.Nomad.Configuration;

/// <summary>The block <c>metrics</c>.</summary>
public sealed record MetricsConfig
{
    /// <summary>Where to listen. Null: metrics are off.</summary>
    public HostPort? Address { get; init; }

    /// <summary>Nomad's HTTP API, to name the allocations that use a device. Null: not asked.</summary>
    public Uri? NomadAddress { get; init; }

    /// <summary>File with the ACL token for <see cref="NomadAddress"/>. Null: none is sent.</summary>
    public string? NomadTokenFile { get; init; }
}

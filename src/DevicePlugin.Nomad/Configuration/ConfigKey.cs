namespace DevicePlugin.Nomad.Configuration;

/// <summary>One key of the plugin block as users read about it.</summary>
public abstract class ConfigKey
{
    private protected ConfigKey(string path, string type, string defaultLiteral, string allowed, string description)
    {
        Path = path;
        Type = type;
        DefaultLiteral = defaultLiteral;
        Allowed = allowed;
        Description = description;
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        Block = dot < 0 ? "" : path[..dot];
        Name = path[(dot + 1)..];
    }

    /// <summary>Such as <c>health.call_timeout</c>.</summary>
    public string Path { get; }

    /// <summary>Name of the block that the key is in, empty at the top.</summary>
    public string Block { get; }

    public string Name { get; }

    /// <summary>HCL type expression.</summary>
    public string Type { get; }

    /// <summary>An HCL literal, which is JSON too.</summary>
    public string DefaultLiteral { get; }

    /// <summary>The accepted values, a phrase that completes "must be ...".</summary>
    public string Allowed { get; }

    public string Description { get; }
}

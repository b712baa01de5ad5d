namespace DevicePlugin.Nomad.Configuration;

/// <summary>A block in the plugin block; its keys have its name in <see cref="ConfigKey.Block"/>.</summary>
public sealed record ConfigBlock(string Name, string Description)
{
    /// <summary>Several may be given, and their order matters.</summary>
    public bool Repeatable { get; init; }
}

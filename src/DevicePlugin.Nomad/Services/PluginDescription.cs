namespace DevicePlugin.Nomad.Services;

/// <summary>Who the plugin is to Nomad.</summary>
/// <param name="Name">Key of the plugin in Nomad's catalogue: the same as the file's name and the stanza's label.</param>
/// <param name="Version">Must be one that hashicorp/go-version can parse.</param>
public sealed record PluginDescription(string Name, string Version)
{
    /// <summary>The only version of the device plugin API there is (Nomad plugins/device/versions.go).</summary>
    public const string ApiVersion = "v0.1.0";
}

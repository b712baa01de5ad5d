namespace DevicePlugin.GoPlugin.Client;

/// <summary>A piece of what a plugin printed after its handshake, as it came: not necessarily one whole line.</summary>
public sealed record PluginOutput(PluginOutputChannel Channel, string Text);

namespace DevicePlugin.Nomad.Configuration;

/// <summary>
/// A valid configuration. Each warning is a sentence for the log: a value that was clamped, a key without effect yet.
/// </summary>
public sealed record ParsedConfig(PluginConfig Config, EquatableArray<string> Warnings);

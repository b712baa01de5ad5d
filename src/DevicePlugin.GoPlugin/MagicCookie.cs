namespace DevicePlugin.GoPlugin;

/// <summary>
/// The environment variable by which a plugin knows that a host launched it and not a person. It is no secret.
/// </summary>
public sealed record MagicCookie(string Key, string Value);

namespace DevicePlugin.Nomad.Hosting;

/// <summary>A configuration does not fit a plugin's schema, or the schema cannot be read. Names every place at once.</summary>
public sealed class ConfigEncodingException(IReadOnlyList<string> errors)
    : Exception($"The configuration does not fit the plugin's schema: {string.Join("; ", errors)}.")
{
    public IReadOnlyList<string> Errors { get; } = errors;
}

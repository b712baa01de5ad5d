namespace DevicePlugin.Nomad.Configuration;

/// <summary>
/// A configuration that cannot be used. The message names every wrong key with its value and what is allowed.
/// </summary>
public sealed class PluginConfigException : Exception
{
    public PluginConfigException(EquatableArray<ConfigError> errors, Exception? innerException = null)
        : base(Describe(errors), innerException)
    {
        Errors = errors;
    }

    public EquatableArray<ConfigError> Errors { get; }

    private static string Describe(EquatableArray<ConfigError> errors) =>
        errors.Count == 1
            ? $"The plugin configuration is wrong: {errors[0]}"
            : $"The plugin configuration has {errors.Count} errors: {string.Join("; ", errors)}";
}

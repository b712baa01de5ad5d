namespace DevicePlugin.GoPlugin.Client;

/// <summary>The plugin could not be started, or broke go-plugin's rules. The message names what was seen.</summary>
public sealed class PluginException : Exception
{
    public PluginException(string message)
        : base(message)
    {
    }

    public PluginException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

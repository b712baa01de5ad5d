namespace DevicePlugin.GoPlugin;

/// <summary>The plugin cannot be served. The message says what is wrong and is meant for the operator's log.</summary>
public sealed class PluginStartException : Exception
{
    public PluginStartException(string message)
        : base(message)
    {
    }

    public PluginStartException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public PluginStartException()
    {
    }
}

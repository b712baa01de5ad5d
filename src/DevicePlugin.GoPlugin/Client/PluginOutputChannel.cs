namespace DevicePlugin.GoPlugin.Client;

public enum PluginOutputChannel
{
    StandardOutput,
    StandardError,
}

using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Client;

namespace DevicePlugin.FunctionalTests.GoPlugin.Client;

/// <summary>A plugin process that does what a line of shell says: the ways in which a plugin can be broken.</summary>
internal static class ScriptedPlugin
{
    public static readonly MagicCookie Cookie = new("SCRIPTED_PLUGIN", "yes");

    public static PluginClientOptions Create(string script) => new()
    {
        FileName = "/bin/sh",
        Arguments = ["-c", script],
        MagicCookie = Cookie,
        ProtocolVersions = [1, 2],
    };
}

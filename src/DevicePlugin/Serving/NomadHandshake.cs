using DevicePlugin.GoPlugin;

namespace DevicePlugin.Serving;

/// <summary>How Nomad and its plugins know each other (Nomad plugins/base/plugin.go).</summary>
internal static class NomadHandshake
{
    public const int ProtocolVersion = 2;

    public static readonly MagicCookie Cookie = new(
        "NOMAD_PLUGIN_MAGIC_COOKIE",
        "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255");
}

using System.Text.Json;
using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Hosting;

internal sealed record PluginInfoResult(PluginInfoResponse Info) : HostStepResult
{
    public override string Summary => $"{Info.Name} {Info.PluginVersion}, API {string.Join(", ", Info.PluginApiVersions)}";

    public override void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteString("name", Info.Name);
        writer.WriteString("version", Info.PluginVersion);
        writer.WriteString("type", Info.Type == PluginType.Device ? "device" : Info.Type.ToString());
        writer.WriteStartArray("api_versions");
        foreach (var version in Info.PluginApiVersions)
        {
            writer.WriteStringValue(version);
        }

        writer.WriteEndArray();
    }
}

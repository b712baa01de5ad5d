using System.Text.Json;
using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Hosting;

internal sealed record ConfigSchemaResult(Spec? Schema) : HostStepResult
{
    private List<string> Keys => Schema?.BlockCase == Spec.BlockOneofCase.Object
        ? Schema.Object.Attributes.Keys.Order(StringComparer.Ordinal).ToList()
        : [];

    public override string Summary => Schema is null
        ? "none: the plugin takes no configuration"
        : $"{Keys.Count} keys: {string.Join(", ", Keys)}";

    public override void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("keys");
        foreach (var key in Keys)
        {
            writer.WriteStringValue(key);
        }

        writer.WriteEndArray();
    }
}

using System.Text.Json.Nodes;
using DevicePlugin.Nomad.Hosting;

namespace DevicePlugin.Nomad.Agent;

/// <summary>Values of HCL as JSON.</summary>
internal static class CtyJson
{
    public static JsonNode? Convert(CtyValue value) => value switch
    {
        CtyValue.Boolean flag => JsonValue.Create(flag.Value),
        CtyValue.Text text => JsonValue.Create(text.Value),
        CtyValue.Number number => JsonNode.Parse(number.Value.ToString()),
        CtyValue.Sequence sequence => new JsonArray([.. sequence.Items.Select(Convert)]),
        CtyValue.Mapping mapping => ConvertObject(mapping),
        _ => null,
    };

    private static JsonObject ConvertObject(CtyValue.Mapping mapping)
    {
        var result = new JsonObject();
        foreach (var (key, item) in mapping.Items)
        {
            result[key] = Convert(item);
        }

        return result;
    }
}

using System.Text.Json;

namespace DevicePlugin.Nomad.Hosting;

/// <summary>JSON as values of HCL.</summary>
internal static class JsonCty
{
    /// <exception cref="FormatException">A number is far beyond any setting.</exception>
    public static CtyValue Convert(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => new CtyValue.Boolean(true),
        JsonValueKind.False => new CtyValue.Boolean(false),
        JsonValueKind.String => new CtyValue.Text(element.GetString()!),
        JsonValueKind.Number => ConvertNumber(element.GetRawText()),
        JsonValueKind.Array => new CtyValue.Sequence(element.EnumerateArray().Select(Convert).ToList()),
        JsonValueKind.Object => ConvertObject(element),
        _ => CtyValue.Null,
    };

    private static CtyValue.Number ConvertNumber(string text) => CtyNumber.TryParse(text, out var number)
        ? new CtyValue.Number(number)
        : throw new FormatException("is a number of more digits than can be read");

    private static CtyValue.Mapping ConvertObject(JsonElement element)
    {
        var items = CtyValue.Mapping.CreateItems();
        foreach (var member in element.EnumerateObject())
        {
            items[member.Name] = Convert(member.Value);
        }

        return new CtyValue.Mapping(items);
    }
}

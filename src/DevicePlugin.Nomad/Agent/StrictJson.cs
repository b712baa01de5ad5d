using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DevicePlugin.Nomad.Agent;

/// <summary>
/// JSON that people wrote. System.Text.Json takes a key that is there twice, and half a surrogate pair, and throws when
/// somebody asks for a value.
/// </summary>
public static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static JsonNode? Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    /// <exception cref="JsonException">It is not JSON, has a key twice, or text that is not Unicode.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var node = JsonNode.Parse(utf8, documentOptions: Options);
            Touch(node);
            return node;
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException($"a text is not valid Unicode: {exception.Message}", exception);
        }
    }

    private static void Touch(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject owner:
                foreach (var (_, value) in owner)
                {
                    Touch(value);
                }

                break;
            case JsonArray list:
                foreach (var item in list)
                {
                    Touch(item);
                }

                break;
            case JsonValue value:
                value.TryGetValue<string>(out _);
                break;
        }
    }
}

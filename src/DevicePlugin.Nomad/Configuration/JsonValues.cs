using System.Collections.Immutable;
using System.Text.Json;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>Reads a configuration file, and the default values of the table: an HCL literal is JSON too.</summary>
internal static class JsonValues
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = ConfigLimits.Depth };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <exception cref="MalformedConfigException">The text is not JSON, too deep, or has too many values.</exception>
    public static ConfigValue Read(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Span.StartsWith(ByteOrderMark))
        {
            utf8 = utf8[ByteOrderMark.Length..];
        }

        try
        {
            using var document = JsonDocument.Parse(utf8, Options);
            var budget = ConfigLimits.Values;
            return Convert(document.RootElement, ref budget);
        }
        catch (JsonException ex)
        {
            throw new MalformedConfigException($"not valid JSON: {ex.Message}", ex);
        }
        catch (InvalidOperationException ex)
        {
            // Half a surrogate pair passes the parser and fails when its string is taken.
            throw new MalformedConfigException("not valid JSON: a text is not valid Unicode", ex);
        }
    }

    private static ConfigValue Convert(JsonElement element, ref int budget)
    {
        if (--budget < 0)
        {
            throw new MalformedConfigException($"there are more than {ConfigLimits.Values} values");
        }

        return element.ValueKind switch
        {
            JsonValueKind.True => new ConfigValue.Flag(true),
            JsonValueKind.False => new ConfigValue.Flag(false),
            JsonValueKind.Number => new ConfigValue.Number(element.GetRawText()),
            JsonValueKind.String => new ConfigValue.Text(element.GetString() ?? ""),
            JsonValueKind.Array => ConvertList(element, ref budget),
            JsonValueKind.Object => ConvertBlock(element, ref budget),
            _ => new ConfigValue.Null(),
        };
    }

    private static ConfigValue.List ConvertList(JsonElement element, ref int budget)
    {
        var items = ImmutableArray.CreateBuilder<ConfigValue>();
        foreach (var item in element.EnumerateArray())
        {
            items.Add(Convert(item, ref budget));
        }

        return new ConfigValue.List(items.DrainToImmutable());
    }

    private static ConfigValue.Block ConvertBlock(JsonElement element, ref int budget)
    {
        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, ConfigValue>>();
        foreach (var property in element.EnumerateObject())
        {
            entries.Add(new(property.Name, Convert(property.Value, ref budget)));
        }

        return new ConfigValue.Block(entries.DrainToImmutable());
    }
}

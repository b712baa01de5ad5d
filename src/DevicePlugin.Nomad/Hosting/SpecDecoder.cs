using System.Text.Json;
using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Nomad.Hosting;

/// <summary>Reads a block's body by a plugin's schema, as hcldec does, and collects every error on the way.</summary>
internal sealed class SpecDecoder(List<string> errors)
{
    /// <summary>A body of its own: every key in it must be one that the schema knows.</summary>
    public CtyValue DecodeBody(Spec? spec, JsonElement body, string path)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            return Fail(path, $"is {JsonCty.Convert(body).Kind}, and the schema wants an object");
        }

        var known = new SortedSet<string>(StringComparer.Ordinal);
        CollectNames(spec, known);
        foreach (var member in body.EnumerateObject().Where(member => !known.Contains(member.Name)))
        {
            errors.Add($"{path}.{member.Name} is not in the schema, which knows {Join(known)}");
        }

        return Decode(spec, body, path);
    }

    // A message of the schema that is absent is null here and has no case.
    private CtyValue Decode(Spec? spec, JsonElement body, string path) => spec?.BlockCase switch
    {
        Spec.BlockOneofCase.Object => DecodeObject(spec.Object, body, path),
        Spec.BlockOneofCase.Array =>
            new CtyValue.Sequence(spec.Array.Values.Select(item => Decode(item, body, path)).ToList()),
        Spec.BlockOneofCase.Attr => DecodeAttribute(spec.Attr, body, path),
        Spec.BlockOneofCase.BlockValue => DecodeBlock(spec.BlockValue, body, path),
        Spec.BlockOneofCase.BlockAttrs => DecodeBlockAttributes(spec.BlockAttrs, body, path),
        Spec.BlockOneofCase.BlockList => new CtyValue.Sequence(DecodeBlocks(
            spec.BlockList.Name, spec.BlockList.MinItems, spec.BlockList.MaxItems, spec.BlockList.Nested, body, path)),
        Spec.BlockOneofCase.BlockSet => CtySet.Create(DecodeBlocks(
            spec.BlockSet.Name, spec.BlockSet.MinItems, spec.BlockSet.MaxItems, spec.BlockSet.Nested, body, path)),
        Spec.BlockOneofCase.BlockMap => DecodeBlockMap(spec.BlockMap, body, path),
        Spec.BlockOneofCase.Default => DecodeDefault(spec.Default, body, path),
        Spec.BlockOneofCase.Literal => Try(path, () => HclLiteral.Parse(spec.Literal.Value)),
        _ => Fail(path, "has an empty specification in the schema"),
    };

    private CtyValue.Mapping DecodeObject(Protocol.Object spec, JsonElement body, string path)
    {
        var items = CtyValue.Mapping.CreateItems();
        foreach (var (name, member) in spec.Attributes)
        {
            items[name] = Decode(member, body, path);
        }

        return new CtyValue.Mapping(items);
    }

    private CtyValue DecodeAttribute(Attr spec, JsonElement body, string path)
    {
        path = $"{path}.{spec.Name}";
        if (Find(body, spec.Name) is not { } element)
        {
            return spec.Required ? Fail(path, "is required and absent") : CtyValue.Null;
        }

        return Try(path, () => ConvertTo(spec.Type, JsonCty.Convert(element)));
    }

    private CtyValue DecodeBlock(Block spec, JsonElement body, string path)
    {
        var blocks = FindBlocks(spec.Name, body, path);
        path = $"{path}.{spec.Name}";
        return blocks.Count switch
        {
            0 => spec.Required ? Fail(path, "is required and absent") : CtyValue.Null,
            1 => DecodeBody(spec.Nested, blocks[0], path),
            _ => Fail(path, $"stands {blocks.Count} times, and the schema allows one block"),
        };
    }

    private List<CtyValue> DecodeBlocks(
        string name, ulong minimum, ulong maximum, Spec nested, JsonElement body, string path)
    {
        var blocks = FindBlocks(name, body, path);
        path = $"{path}.{name}";
        var count = (ulong)blocks.Count;
        if (count < minimum || (maximum > 0 && count > maximum))
        {
            var limit = count < minimum ? $"at least {minimum}" : $"at most {maximum}";
            errors.Add($"{path} stands {count} times, and the schema wants {limit}");
        }

        return blocks.Select((block, index) => DecodeBody(nested, block, $"{path}[{index}]")).ToList();
    }

    private CtyValue DecodeBlockAttributes(BlockAttrs spec, JsonElement body, string path)
    {
        var blocks = FindBlocks(spec.Name, body, path);
        path = $"{path}.{spec.Name}";
        return blocks.Count switch
        {
            0 => spec.Required ? Fail(path, "is required and absent") : CtyValue.Null,
            1 => Try(path, () => HclType.Map(HclTypeParser.Parse(spec.Type)) is var type &&
                type.Convert(JsonCty.Convert(blocks[0])) is { } converted
                    ? converted
                    : throw new FormatException($"has a member that is no {spec.Type}")),
            _ => Fail(path, $"stands {blocks.Count} times, and the schema allows one block"),
        };
    }

    private CtyValue DecodeBlockMap(BlockMap spec, JsonElement body, string path) =>
        Find(body, spec.Name) is { } labelled
            ? DecodeLabels(spec.Nested, labelled, spec.Labels.Count, $"{path}.{spec.Name}")
            : new CtyValue.Mapping(CtyValue.Mapping.CreateItems());

    private CtyValue DecodeLabels(Spec nested, JsonElement element, int labels, string path)
    {
        if (labels == 0)
        {
            return DecodeBody(nested, element, path);
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            return Fail(path, "must be an object with a member for each label");
        }

        var items = CtyValue.Mapping.CreateItems();
        foreach (var member in element.EnumerateObject())
        {
            items[member.Name] = DecodeLabels(nested, member.Value, labels - 1, $"{path}.{member.Name}");
        }

        return new CtyValue.Mapping(items);
    }

    private CtyValue DecodeDefault(Default spec, JsonElement body, string path)
    {
        var value = Decode(spec.Primary, body, path);
        if (value is not CtyValue.NullValue)
        {
            return value;
        }

        value = Decode(spec.Default_, body, path);
        return spec.Primary?.BlockCase == Spec.BlockOneofCase.Attr
            ? Try($"{path}.{spec.Primary.Attr.Name}", () => ConvertTo(spec.Primary.Attr.Type, value))
            : value;
    }

    private static CtyValue ConvertTo(string typeExpression, CtyValue value) =>
        HclTypeParser.Parse(typeExpression).Convert(value) ??
        throw new FormatException($"is {value.Kind}, and the schema wants {typeExpression}");

    // A block is an object, or an array of them where it may be repeated.
    private List<JsonElement> FindBlocks(string name, JsonElement body, string path)
    {
        switch (Find(body, name))
        {
            case null:
                return [];
            case { ValueKind: JsonValueKind.Array } array:
                return array.EnumerateArray().ToList();
            case { ValueKind: JsonValueKind.Object } element:
                return [element];
            case { } other:
                Fail($"{path}.{name}", $"is {JsonCty.Convert(other).Kind}, and the schema wants a block");
                return [];
        }
    }

    private static JsonElement? Find(JsonElement body, string name) =>
        body.TryGetProperty(name, out var element) && element.ValueKind != JsonValueKind.Null ? element : null;

    private static void CollectNames(Spec? spec, SortedSet<string> names)
    {
        switch (spec?.BlockCase)
        {
            case Spec.BlockOneofCase.Object:
                CollectNames(spec.Object.Attributes.Values, names);
                break;
            case Spec.BlockOneofCase.Array:
                CollectNames(spec.Array.Values, names);
                break;
            case Spec.BlockOneofCase.Default:
                CollectNames([spec.Default.Primary, spec.Default.Default_], names);
                break;
            default:
                if (NameOf(spec) is { } name)
                {
                    names.Add(name);
                }

                break;
        }
    }

    private static void CollectNames(IEnumerable<Spec> specs, SortedSet<string> names)
    {
        foreach (var spec in specs)
        {
            CollectNames(spec, names);
        }
    }

    private static string? NameOf(Spec? spec) => spec?.BlockCase switch
    {
        Spec.BlockOneofCase.Attr => spec.Attr.Name,
        Spec.BlockOneofCase.BlockValue => spec.BlockValue.Name,
        Spec.BlockOneofCase.BlockAttrs => spec.BlockAttrs.Name,
        Spec.BlockOneofCase.BlockList => spec.BlockList.Name,
        Spec.BlockOneofCase.BlockSet => spec.BlockSet.Name,
        Spec.BlockOneofCase.BlockMap => spec.BlockMap.Name,
        _ => null,
    };

    private static string Join(SortedSet<string> known) => known.Count == 0 ? "no keys" : string.Join(", ", known);

    private CtyValue Try(string path, Func<CtyValue> decode)
    {
        try
        {
            return decode();
        }
        catch (FormatException exception)
        {
            return Fail(path, exception.Message);
        }
    }

    private CtyValue Fail(string path, string problem)
    {
        errors.Add($"{path} {problem}");
        return CtyValue.Null;
    }
}

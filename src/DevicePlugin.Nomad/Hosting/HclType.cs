namespace DevicePlugin.Nomad.Hosting;

/// <summary>A type of HCL's type expressions, which converts values as cty's convert package does.</summary>
internal sealed class HclType
{
    private readonly string _text;
    private readonly Func<CtyValue, CtyValue?> _convert;

    private HclType(string text, Func<CtyValue, CtyValue?> convert)
    {
        _text = text;
        _convert = convert;
    }

    public static HclType Any { get; } = new("any", value => value);

    public static HclType Text { get; } = new("string", value => value switch
    {
        CtyValue.Text => value,
        CtyValue.Number number => new CtyValue.Text(number.Value.ToString()),
        CtyValue.Boolean boolean => new CtyValue.Text(boolean.Value ? "true" : "false"),
        _ => null,
    });

    public static HclType Number { get; } = new("number", value => value switch
    {
        CtyValue.Number => value,
        CtyValue.Text text when CtyNumber.TryParse(text.Value, out var number) => new CtyValue.Number(number),
        _ => null,
    });

    public static HclType Boolean { get; } = new("bool", value => value switch
    {
        CtyValue.Boolean => value,
        CtyValue.Text { Value: "true" or "1" } => new CtyValue.Boolean(true),
        CtyValue.Text { Value: "false" or "0" } => new CtyValue.Boolean(false),
        _ => null,
    });

    public static HclType List(HclType element) => new($"list({element})", value => ConvertItems(value, _ => element));

    public static HclType Set(HclType element) => new(
        $"set({element})",
        value => ConvertItems(value, _ => element) is { } items ? CtySet.Create(items.Items) : null);

    public static HclType Tuple(IReadOnlyList<HclType> elements) => new(
        $"tuple([{string.Join(", ", elements)}])",
        value => value is CtyValue.Sequence sequence && sequence.Items.Count == elements.Count
            ? ConvertItems(value, index => elements[index])
            : null);

    public static HclType Map(HclType element) => new($"map({element})", value => value is CtyValue.Mapping mapping
        ? ConvertMembers(mapping.Items.Keys, _ => element, mapping)
        : null);

    public static HclType Object(IReadOnlyDictionary<string, HclType> members) => new(
        $"object({{{string.Join(", ", members.Select(member => $"{member.Key} = {member.Value}"))}}})",
        value => value is CtyValue.Mapping mapping && members.Keys.All(mapping.Items.ContainsKey)
            ? ConvertMembers(members.Keys, name => members[name], mapping)
            : null);

    /// <summary>Null when the value cannot be of this type. A null value is of every type.</summary>
    public CtyValue? Convert(CtyValue value) => value is CtyValue.NullValue ? value : _convert(value);

    public override string ToString() => _text;

    private static CtyValue.Sequence? ConvertItems(CtyValue value, Func<int, HclType> elementType)
    {
        if (value is not CtyValue.Sequence sequence)
        {
            return null;
        }

        var converted = sequence.Items.Select((item, index) => elementType(index).Convert(item)).ToList();
        return converted.Contains(null) ? null : new CtyValue.Sequence(converted!);
    }

    private static CtyValue.Mapping? ConvertMembers(
        IEnumerable<string> names, Func<string, HclType> memberType, CtyValue.Mapping mapping)
    {
        var members = CtyValue.Mapping.CreateItems();
        foreach (var name in names)
        {
            if (memberType(name).Convert(mapping.Items[name]) is not { } converted)
            {
                return null;
            }

            members.Add(name, converted);
        }

        return new CtyValue.Mapping(members);
    }
}

using System.Text.Json.Nodes;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.UnitTests.Hardware.Scenarios;

/// <summary>
/// The schema is for people, editors and hwmocks; the tables are for the code. They have to say the same.
/// </summary>
internal sealed class ScenarioSchemaTests
{
    private static readonly JsonNode Schema = JsonNode.Parse(File.ReadAllText(SchemaPath()))!;

    private static IEnumerable<TestCaseData> Objects()
    {
        foreach (var group in GpuGroups.Nested)
        {
            yield return new TestCaseData(Definition(group.Name), group).SetArgDisplayNames(group.Name);
        }

        yield return new TestCaseData(Definition("gpu"), GpuKeys.Group).SetArgDisplayNames("gpu");
        yield return new TestCaseData(Definition("process"), ProcessKeys.Group).SetArgDisplayNames("process");
        yield return new TestCaseData(Definition("mig_instance"), MigInstanceKeys.Group).SetArgDisplayNames("instance");
        yield return new TestCaseData(Definition("clock_set"), ClockSetKeys.Group).SetArgDisplayNames("clock_set");
        yield return new TestCaseData(Definition("pattern"), PatternKeys.Group).SetArgDisplayNames("pattern");
        yield return new TestCaseData(Definition("call"), CallKeys.Group).SetArgDisplayNames("call");
        yield return new TestCaseData(Definition("timeline_entry"), TimelineKeys.Group).SetArgDisplayNames("timeline");
        yield return new TestCaseData(
            Definition("timeline_entry")["properties"]!["event"], EventKeys.Group).SetArgDisplayNames("event");
        yield return new TestCaseData(Schema, ScenarioKeys.Group).SetArgDisplayNames("file");
        yield return new TestCaseData(Schema["properties"]!["driver"], DriverKeys.Group).SetArgDisplayNames("driver");
        yield return new TestCaseData(Schema["properties"]!["system"], SystemKeys.Group).SetArgDisplayNames("system");
    }

    [TestCaseSource(nameof(Objects))]
    public void Table_SaysWhatTheSchemaSays(JsonNode definition, object table)
    {
        var group = (KeyGroup)table;
        var properties = definition["properties"]!.AsObject();

        // Objects inside are tables of their own.
        var plain = properties.Where(pair => !IsObject(pair.Value!)).Select(pair => pair.Key).ToList();

        Assert.Multiple(() =>
        {
            Assert.That(group.Keys.Select(key => key.Name), Is.EquivalentTo(plain));
            Assert.That(definition["additionalProperties"]?.GetValue<bool>(), Is.False);
            foreach (var key in group.Keys.Where(key => properties.ContainsKey(key.Name)))
            {
                var property = properties[key.Name]!;
                Assert.That(Describe(key), Is.EqualTo(Describe(property)), key.Path);
                Assert.That(property["description"]?.GetValue<string>(), Is.Not.Null.And.Not.Empty, key.Path);
                Assert.That(AllowsNull(property), Is.EqualTo(group.AllowsNull(key)), $"{key.Path} and null");
            }
        });
    }

    [TestCaseSource(nameof(Objects))]
    public void Table_RequiresWhatTheSchemaRequires(JsonNode definition, object table)
    {
        var group = (KeyGroup)table;
        var required = definition["required"]?.AsArray().Select(name => name!.GetValue<string>()) ?? [];

        // "driver" and "gpus" of the file are read apart.
        Assert.That(group.Required.Select(key => key.Name), Is.EquivalentTo(required.Except(["driver", "gpus"])));
    }

    private static JsonNode Definition(string name) => Schema["$defs"]![name]!;

    private static bool IsObject(JsonNode property) =>
        property["properties"] is not null
        || property["additionalProperties"] is not null
        || property["items"]?["$ref"]?.GetValue<string>() is "#/$defs/gpu" or "#/$defs/pattern"
            or "#/$defs/timeline_entry" or "#/$defs/call"
        || property["anyOf"]?.AsArray().Any(choice => choice!["$ref"] is not null) == true
        || property["description"]!.GetValue<string>().StartsWith("Template in", StringComparison.Ordinal);

    private static bool AllowsNull(JsonNode property) => Alternatives(property).Any(choice =>
        choice["enum"]?.AsArray().Any(value => value is null) == true
        || (choice["type"] is JsonArray types && types.Any(type => type!.GetValue<string>() == "null")));

    private static IEnumerable<JsonNode> Alternatives(JsonNode property) =>
        property["anyOf"]?.AsArray().Select(choice => choice!) ?? [property];

    private static string Describe(Key key) => key switch
    {
        TextKey text => $"text {text.MaxLength} {Expression(text)}",
        WordKey word => $"word {string.Join(' ', word.Words)} {word.IsOpen}",
        IntegerKey number => $"integer {number.Lowest} {number.Highest}",
        DecimalKey number => $"number {Bound(number.Lowest)} {Bound(number.Highest)}",
        FlagKey => "flag",
        WordListKey words => $"words {string.Join(' ', words.Words)}",
        IntegerListKey numbers => $"integers {numbers.Lowest} {numbers.Highest}",
        DecimalListKey => "numbers",
        ObjectListKey => "objects",
        GpuSelectorKey => "selector",
        _ => throw new ArgumentException($"A new kind of key, {key.GetType()}."),
    };

    private static string Describe(JsonNode property)
    {
        if (property["anyOf"] is JsonArray choices)
        {
            return choices[0]!["enum"] is { } words
                ? $"word {Words(words)} True"
                : "selector";
        }

        if (property["enum"] is { } closed)
        {
            return $"word {Words(closed)} False";
        }

        var type = (property["type"] is JsonArray types ? types[0] : property["type"])!.GetValue<string>();
        return type switch
        {
            "string" => $"text {property["maxLength"]} {property["pattern"]?.GetValue<string>()}",
            "integer" => $"integer {property["minimum"]} {property["maximum"]}",
            "number" => $"number {Bound(property["minimum"])} {Bound(property["maximum"])}",
            "boolean" => "flag",
            _ when property["items"]!["enum"] is { } words => $"words {Words(words)}",
            _ when property["items"]!["$ref"] is not null => "objects",
            _ when property["items"]!["type"]!.GetValue<string>() == "number" => "numbers",
            _ => $"integers {property["items"]!["minimum"]} {property["items"]!["maximum"]}",
        };
    }

    private static string? Expression(TextKey key) =>
        key.Pattern?.ToString().Replace(@"\z", "$", StringComparison.Ordinal);

    private static string Words(JsonNode words) =>
        string.Join(' ', words.AsArray().Where(word => word is not null).Select(word => word!.GetValue<string>()));

    private static string Bound(double value) => Math.Abs(value) == double.MaxValue ? "" : value.ToString("R");

    private static string Bound(JsonNode? bound) => bound is null ? "" : Bound(bound.GetValue<double>());

    private static string SchemaPath()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "DevicePlugin.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder.FullName, "hwmocks", "scenario.schema.json");
    }
}

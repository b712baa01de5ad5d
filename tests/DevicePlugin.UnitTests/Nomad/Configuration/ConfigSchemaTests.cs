using System.Text.Json.Nodes;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Protocol;
using Google.Protobuf;

namespace DevicePlugin.UnitTests.Nomad.Configuration;

internal sealed class ConfigSchemaTests
{
    // What Nomad would send if an operator wrote each block without any key in it.
    [Test]
    public void Spec_ItsLiterals_DecodeToTheDefaultConfig()
    {
        var json = DefaultsOf(ConfigSchema.Spec)!.ToJsonString();

        Assert.That(
            PluginConfigReader.FromMessagePack(ConfigBytes.MessagePack(json)),
            Is.EqualTo(new ParsedConfig(PluginConfig.Default, [])));
    }

    [Test]
    public void Spec_LiteralsOfARepeatableBlock_DecodeToItsDefaults()
    {
        var block = DefaultsOf(ConfigSchema.Spec.Object.Attributes["sharing"].BlockList.Nested);
        var bytes = ConfigBytes.MessagePack(new JsonObject { ["sharing"] = new JsonArray(block) }.ToJsonString());

        Assert.That(PluginConfigReader.FromMessagePack(bytes).Config.Sharing, Is.EqualTo([new SharingConfig()]));
    }

    [Test]
    public void Spec_EveryLeaf_HasAttributeOfItsNameAndADefault() => Assert.That(
        Leaves(ConfigSchema.Spec, "").ToList(), Is.EquivalentTo(ConfigSchema.Keys.Select(
            key => $"{key.Path} {key.Type} {key.DefaultLiteral}")));

    [Test]
    public void Spec_Blocks_HaveTheKindThatNomadNeeds()
    {
        var attributes = ConfigSchema.Spec.Object.Attributes;

        Assert.That(
            attributes.Where(entry => entry.Value.BlockValue is not null).Select(entry => entry.Value.BlockValue.Name),
            Is.EquivalentTo(["fake", "health", "reserve", "mps", "metrics"]));
        Assert.That(attributes["sharing"].BlockList, Is.EqualTo(new BlockList
        {
            Name = "sharing",
            Nested = attributes["sharing"].BlockList.Nested,
        }));
    }

    [Test]
    public void Spec_AsBytes_ParsesToItself() =>
        Assert.That(Spec.Parser.ParseFrom(ConfigSchema.Spec.ToByteArray()), Is.EqualTo(ConfigSchema.Spec));

    // The keys that the official plugin has, under its names, types and defaults: its blocks work unchanged.
    [TestCase("enabled", "bool", "true")]
    [TestCase("ignored_gpu_ids", "list(string)", "[]")]
    [TestCase("fingerprint_period", "string", "\"1m\"")]
    public void Keys_OfTheOfficialPlugin_AreItsOwn(string path, string type, string literal)
    {
        var key = ConfigSchema.Keys.Single(key => key.Path == path);

        Assert.That((key.Type, key.DefaultLiteral), Is.EqualTo((type, literal)));
    }

    [Test]
    public void Keys_Paths_AreUniqueAndInKnownBlocks()
    {
        Assert.That(ConfigSchema.Keys.Select(key => key.Path), Is.Unique);
        Assert.That(
            ConfigSchema.Keys.Select(key => key.Block).Distinct(),
            Is.EquivalentTo(ConfigSchema.Blocks.Select(block => block.Name).Prepend("")));
    }

    [Test]
    public void Example_EveryKey_IsThereOnceWithItsDefault()
    {
        var lines = ConfigExample.Create("nomad-device-gpu").Split('\n').Select(line => line.TrimStart(' ', '#'));

        Assert.That(
            lines.Where(line => line.Contains(" = ", StringComparison.Ordinal) && char.IsAsciiLetterLower(line[0])),
            Is.EqualTo(ConfigSchema.Keys.Select(key => $"{key.Name} = {key.DefaultLiteral}")));
    }

    [Test]
    public void Example_Lines_AreShortAndBalanced()
    {
        var example = ConfigExample.Create("nomad-device-gpu");

        Assert.That(example, Does.StartWith("plugin \"nomad-device-gpu\" {\n  config {\n"));
        Assert.That(example.Split('\n'), Is.All.Length.LessThanOrEqualTo(100));
        Assert.That(example.Count(c => c == '{'), Is.EqualTo(example.Count(c => c == '}')));
    }

    private static JsonNode? DefaultsOf(Spec spec) => spec.BlockCase switch
    {
        Spec.BlockOneofCase.Object => new JsonObject(
            spec.Object.Attributes.Select(entry => KeyValuePair.Create(entry.Key, DefaultsOf(entry.Value)))),
        Spec.BlockOneofCase.BlockValue => DefaultsOf(spec.BlockValue.Nested),
        Spec.BlockOneofCase.BlockList => new JsonArray(),
        _ => JsonNode.Parse(spec.Default.Default_.Literal.Value),
    };

    private static IEnumerable<string> Leaves(Spec spec, string path) => spec.BlockCase switch
    {
        Spec.BlockOneofCase.Object => spec.Object.Attributes.SelectMany(entry => Leaves(entry.Value, path)),
        Spec.BlockOneofCase.BlockValue => Leaves(spec.BlockValue.Nested, $"{spec.BlockValue.Name}."),
        Spec.BlockOneofCase.BlockList => Leaves(spec.BlockList.Nested, $"{spec.BlockList.Name}."),
        _ => [Leaf(spec.Default, path)],
    };

    private static string Leaf(Default spec, string path) =>
        $"{path}{spec.Primary.Attr.Name} {spec.Primary.Attr.Type} {spec.Default_.Literal.Value}";
}

using System.Text.Json;
using DevicePlugin.Nomad.Hosting;
using DevicePlugin.Nomad.Protocol;
using MessagePack;
using HclArray = DevicePlugin.Nomad.Protocol.Array;
using HclObject = DevicePlugin.Nomad.Protocol.Object;

namespace DevicePlugin.UnitTests.Nomad.Hosting;

internal sealed class PluginConfigEncoderTests
{
    [TestCase("{}", "config-empty")]
    [TestCase(
        """{"enabled":true,"ignored_gpu_ids":["GPU-fef8089b","GPU-ac81e44d"],"fingerprint_period":"5s"}""",
        "config-official")]
    [TestCase(
        """
        {"health":{"ignored_xids":[13,31,94]},
         "sharing":[{"strategy":"time-slicing","replicas":4},{"devices":["GPU-a","0"]}]}
        """,
        "config-blocks")]
    public void Encode_RealSchema_GivesNomadsBytes(string config, string fixture)
    {
        var schema = ConfigSchemaResponse.Parser.ParseFrom(Read("Hosting", "config-schema-response.bin")).Spec;

        Assert.That(Encode(schema, config), Is.EqualTo(Read("Configuration", $"{fixture}.msgpack")));
    }

    [TestCase("string", "\"x\"", "\"x\"")]
    [TestCase("string", "1.50", "\"1.5\"")]
    [TestCase("string", "true", "\"true\"")]
    [TestCase("number", "\"42\"", "42")]
    [TestCase("number", "0.5", "0.5")]
    [TestCase("number", "0.1", "\"0.1\"")]
    [TestCase("number", "-1e3", "-1000")]
    [TestCase("number", "9223372036854775807", "9223372036854775807")]
    [TestCase("number", "9223372036854775808", "9.223372036854776E+18")]
    [TestCase("number", "9223372036854775809", "\"9223372036854775809\"")]
    [TestCase("bool", "\"false\"", "false")]
    [TestCase("any", "{\"b\":[1],\"a\":null}", "{\"a\":null,\"b\":[1]}")]
    [TestCase("list(number)", "[2,\"1\"]", "[2,1]")]
    [TestCase("set(string)", "[\"b\",\"a\",\"b\"]", "[\"a\",\"b\"]")]
    [TestCase("map(string)", "{\"b\":1,\"a\":\"x\"}", "{\"a\":\"x\",\"b\":\"1\"}")]
    [TestCase("tuple([string, bool])", "[1,true]", "[\"1\",true]")]
    [TestCase("object({ port = number, tags = list(string) })", "{\"tags\":[],\"port\":\"1\"}", "{\"port\":1,\"tags\":[]}")]
    [TestCase("number", "null", "null")]
    public void Encode_AttributeOfType_IsConverted(string type, string value, string expected)
    {
        var schema = Object("key", new Spec { Attr = new Attr { Name = "key", Type = type } });

        Assert.That(EncodeToJson(schema, $$"""{"key":{{value}}}"""), Is.EqualTo($$"""{"key":{{expected}}}"""));
    }

    [TestCase("bool", "\"maybe\"", "config.key is the string \"maybe\", and the schema wants bool")]
    [TestCase("number", "true", "config.key is the bool true, and the schema wants number")]
    [TestCase("list(number)", "[\"x\"]", "config.key is a list, and the schema wants list(number)")]
    [TestCase("list(number)", "1", "config.key is the number 1")]
    [TestCase("number", "1e400", "more digits")]
    [TestCase("list(", "1", "config.key has the expression 'list('")]
    [TestCase("colour", "1", "'colour' is no type")]
    public void Encode_WrongType_NamesThePlace(string type, string value, string expected)
    {
        var schema = Object("key", new Spec { Attr = new Attr { Name = "key", Type = type } });

        Assert.That(() => Encode(schema, $$"""{"key":{{value}}}"""), ThrowsErrors(expected));
    }

    [Test]
    public void Encode_SeveralErrors_AreNamedAtOnce()
    {
        var schema = new Spec { Object = new HclObject() };
        schema.Object.Attributes["a"] = new Spec { Attr = new Attr { Name = "a", Type = "bool", Required = true } };
        schema.Object.Attributes["b"] = new Spec { BlockValue = new Block { Name = "b", Nested = Object("c", Number("c")) } };

        Assert.That(
            () => Encode(schema, """{"b":{"c":"x","d":1},"e":2}"""),
            ThrowsErrors(
                "config.e is not in the schema, which knows a, b",
                "config.a is required and absent",
                "config.b.d is not in the schema, which knows c",
                "config.b.c is the string \"x\", and the schema wants number"));
    }

    [Test]
    public void Encode_BlockGivenTwice_IsAnError()
    {
        var schema = Object("b", new Spec { BlockValue = new Block { Name = "b", Nested = Object("c", Number("c")) } });

        Assert.That(() => Encode(schema, """{"b":[{},{}]}"""), ThrowsErrors("config.b stands 2 times"));
    }

    [TestCase("{}", "at least 1")]
    [TestCase("{\"b\":[{},{},{}]}", "at most 2")]
    public void Encode_BlockListOutOfBounds_IsAnError(string config, string expected)
    {
        var list = new BlockList { Name = "b", MinItems = 1, MaxItems = 2, Nested = Object("c", Number("c")) };

        Assert.That(() => Encode(Object("b", new Spec { BlockList = list }), config), ThrowsErrors(expected));
    }

    [Test]
    public void Encode_BlockAttributes_AreAMap()
    {
        var schema = Object("labels", new Spec { BlockAttrs = new BlockAttrs { Name = "labels", Type = "string" } });

        Assert.That(EncodeToJson(schema, """{"labels":{"b":1,"a":"x"}}"""), Is.EqualTo("""{"labels":{"a":"x","b":"1"}}"""));
        Assert.That(EncodeToJson(schema, "{}"), Is.EqualTo("""{"labels":null}"""));
    }

    [Test]
    public void Encode_BlockMap_HasAnObjectForEachLabel()
    {
        var map = new BlockMap { Name = "gpu", Labels = { "vendor", "model" }, Nested = Object("c", Number("c")) };
        var schema = Object("gpu", new Spec { BlockMap = map });

        Assert.That(
            EncodeToJson(schema, """{"gpu":{"nvidia":{"l4":{"c":1},"a2":{}}}}"""),
            Is.EqualTo("""{"gpu":{"nvidia":{"a2":{"c":null},"l4":{"c":1}}}}"""));
    }

    [Test]
    public void Encode_BlockSet_KeepsEachBlockOnce()
    {
        var schema = Object("s", new Spec { BlockSet = new BlockSet { Name = "s", Nested = Object("c", Number("c")) } });

        Assert.That(EncodeToJson(schema, """{"s":[{"c":1},{"c":1}]}"""), Is.EqualTo("""{"s":[{"c":1}]}"""));
    }

    [Test]
    public void Encode_ArrayAndLiteral_TakeTheirPlaces()
    {
        var array = new Spec { Array = new HclArray { Values = { Number("c"), new Spec { Literal = new Literal { Value = "\"x\"" } } } } };

        Assert.That(EncodeToJson(array, """{"c":7}"""), Is.EqualTo("""[7,"x"]"""));
    }

    [TestCase("\"1m\"", "\"1m\"")]
    [TestCase("true", "true")]
    [TestCase(" 5 ", "5")]
    [TestCase("-0.5", "-0.5")]
    [TestCase("[]", "[]")]
    [TestCase("[1, \"a\", [null],]", "[1,\"a\",[null]]")]
    [TestCase("{ a = 1, \"b c\" : false }", "{\"a\":1,\"b c\":false}")]
    [TestCase("{\n a = 1\n b = 2\n}", "{\"a\":1,\"b\":2}")]
    [TestCase("\"a\\\"b\\\\c\\u00e9$${x}$$\"", "\"a\\\"b\\\\c\u00e9${x}$$\"")]
    public void Encode_LiteralDefault_IsItsValue(string literal, string expected) =>
        Assert.That(EncodeToJson(Defaulted(literal), "{}"), Is.EqualTo($$"""{"key":{{expected}}}"""));

    [TestCase("upper(\"a\")", "'upper' is no literal")]
    [TestCase("\"${var.x}\"", "templates are not supported")]
    [TestCase("[1", "']' is missing")]
    [TestCase("1 + 2", "'+ 2' follows its end")]
    [TestCase("\"open", "ends too early")]
    [TestCase("", "ends too early")]
    [TestCase("\"\\q\"", "'\\q' is no escape")]
    public void Encode_LiteralThatCannotBeRead_IsNamed(string literal, string expected) =>
        Assert.That(() => Encode(Defaulted(literal), "{}"), ThrowsErrors(expected));

    [Test]
    public void Encode_EmptySpecification_IsNamed() =>
        Assert.That(() => Encode(Object("key", new Spec()), "{}"), ThrowsErrors("config has an empty specification"));

    private static Spec Defaulted(string literal) => Object("key", new Spec
    {
        Default = new Default
        {
            Primary = new Spec { Attr = new Attr { Name = "key", Type = "any" } },
            Default_ = new Spec { Literal = new Literal { Value = literal } },
        },
    });

    private static Spec Number(string name) => new() { Attr = new Attr { Name = name, Type = "number" } };

    private static Spec Object(string name, Spec member) =>
        new() { Object = new HclObject { Attributes = { [name] = member } } };

    private static byte[] Encode(Spec schema, string config)
    {
        using var document = JsonDocument.Parse(config);
        return PluginConfigEncoder.Encode(schema, document.RootElement);
    }

    private static string EncodeToJson(Spec schema, string config) =>
        MessagePackSerializer.ConvertToJson(Encode(schema, config));

    private static byte[] Read(string folder, string file) => File.ReadAllBytes(
        Path.Combine(TestContext.CurrentContext.TestDirectory, "Nomad", folder, "Fixtures", file));

    private static NUnit.Framework.Constraints.Constraint ThrowsErrors(params string[] expected) =>
        Throws.TypeOf<ConfigEncodingException>().With.Property(nameof(ConfigEncodingException.Errors))
            .Matches<IReadOnlyList<string>>(errors =>
                errors!.Count == expected.Length && expected.All(text => errors.Any(error => error.Contains(text))));
}

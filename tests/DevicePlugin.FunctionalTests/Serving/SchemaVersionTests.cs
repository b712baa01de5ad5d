using System.Text.Json;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Hosting;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.FunctionalTests.Serving;

/// <summary>An agent encodes the configuration with the schema that it read when it started: that of another version after an upgrade.</summary>
internal sealed class SchemaVersionTests
{
    private const string FakeT4 = """{"backend": "fake", "fake": {"scenario": "t4"}}""";

    private static IEnumerable<string> Missing => ConfigSchema.Keys.Select(key => key.Path)
        .Concat(ConfigSchema.Blocks.Select(block => block.Name))
        .Except(["backend", "fake", "fake.scenario"]);

    private static IEnumerable<string> Places => ConfigSchema.Blocks.Select(block => block.Name).Prepend("");

    [TestCaseSource(nameof(Missing))]
    public async Task SetConfig_OlderSchemaWithoutAKey_IsItsDefault(string path)
    {
        await using var node = await ServedNode.StartAsync();
        var older = ConfigSchema.Spec.Clone();
        var names = path.Split('.');
        BlockOf(older, names.Length > 1 ? names[0] : "").Attributes.Remove(names[^1]);

        await SetConfigAsync(node, older);

        Assert.That(node.Node.Config.Current, Is.EqualTo(Parse(FakeT4)));
        Assert.That(Warnings(node), Is.Empty);
        await AssertServesAsync(node);
    }

    [TestCaseSource(nameof(Places))]
    public async Task SetConfig_NewerSchemaWithAKeyMore_ServesAndNamesTheKey(string block)
    {
        await using var node = await ServedNode.StartAsync();
        var newer = ConfigSchema.Spec.Clone();
        BlockOf(newer, block).Attributes["later"] = Defaulted("later", "3");

        await SetConfigAsync(node, newer, block is "" or "fake" ? "" : block == "sharing" ? ", \"sharing\": [{}]" : $", \"{block}\": {{}}");

        var named = block.Length == 0 ? "later" : block == "sharing" ? "sharing[0].later" : $"{block}.later";
        Assert.That(Warnings(node), Has.Exactly(1).Contains($"does not know \"{named}\""));
        await AssertServesAsync(node);
    }

    [Test]
    public async Task SetConfig_NewerSchemaTwice_WarnsOnce()
    {
        await using var node = await ServedNode.StartAsync();
        var newer = ConfigSchema.Spec.Clone();
        newer.Object.Attributes["later"] = Defaulted("later", "\"x\"");

        await SetConfigAsync(node, newer);
        await SetConfigAsync(node, newer);

        Assert.That(Warnings(node), Has.Count.EqualTo(1));
    }

    // What differs from the defaults is not what is logged.
    [Test]
    public async Task SetConfig_NewerSchemaAndNothingElse_WarnsToo()
    {
        await using var node = await ServedNode.StartAsync();
        var newer = new Spec { Object = new() { Attributes = { ["later"] = Defaulted("later", "true") } } };

        await node.Base.SetConfigAsync(Request(newer, "{}")).ResponseAsync.DefaultTimeout();

        Assert.That(Warnings(node), Has.Exactly(1).Contains("\"later\""));
    }

    private static async Task SetConfigAsync(ServedNode node, Spec schema, string more = "") =>
        await node.Base.SetConfigAsync(Request(schema, FakeT4[..^1] + more + "}")).ResponseAsync.DefaultTimeout();

    private static SetConfigRequest Request(Spec schema, string json) => new()
    {
        MsgpackConfig = ByteString.CopyFrom(PluginConfigEncoder.Encode(schema, JsonDocument.Parse(json).RootElement)),
    };

    private static async Task AssertServesAsync(ServedNode node)
    {
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        Assert.That(await fingerprint.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout());
        Assert.That(fingerprint.ResponseStream.Current.DeviceGroup.Single().DeviceName, Is.EqualTo("Tesla T4"));
    }

    private static PluginConfig Parse(string json) => PluginConfigReader.FromJson(System.Text.Encoding.UTF8.GetBytes(json)).Config;

    private static List<string> Warnings(ServedNode node) =>
    [
        .. node.Logs.Entries.Where(entry => entry.Level == LogLevel.Warning && entry.EventId.Name == "ConfigurationWarning")
            .Select(entry => entry.Message),
    ];

    private static DevicePlugin.Nomad.Protocol.Object BlockOf(Spec schema, string block)
    {
        if (block.Length == 0)
        {
            return schema.Object;
        }

        var nested = schema.Object.Attributes[block];
        return (nested.BlockList?.Nested ?? nested.BlockValue.Nested).Object;
    }

    private static Spec Defaulted(string name, string literal) => new()
    {
        Default = new Default
        {
            Primary = new Spec { Attr = new Attr { Name = name, Type = literal[0] == '"' ? "string" : literal[0] == 't' ? "bool" : "number" } },
            Default_ = new Spec { Literal = new Literal { Value = literal } },
        },
    };
}

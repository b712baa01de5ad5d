using System.Globalization;
using CsCheck;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Protocol;
using MessagePack;

namespace DevicePlugin.UnitTests.Nomad.Configuration;

internal sealed class MessagePackConfigTests
{
    [Test]
    public void FromMessagePack_NoBytes_IsDefault() => Assert.That(
        PluginConfigReader.FromMessagePack(default), Is.EqualTo(new ParsedConfig(PluginConfig.Default, [])));

    [Test]
    public void FromMessagePack_Nil_IsDefault() =>
        Assert.That(PluginConfigReader.FromMessagePack(new byte[] { 0xC0 }).Config, Is.EqualTo(PluginConfig.Default));

    [Test]
    public void FromMessagePack_NomadsEmptyBlock_IsDefault() => Assert.That(
        PluginConfigReader.FromMessagePack(ConfigBytes.Fixture("config-empty.msgpack")),
        Is.EqualTo(new ParsedConfig(PluginConfig.Default, [])));

    [Test]
    public void FromMessagePack_BlockOfTheOfficialPlugin_GivesItsValues()
    {
        var parsed = PluginConfigReader.FromMessagePack(ConfigBytes.Fixture("config-official.msgpack"));

        Assert.That(parsed.Config, Is.EqualTo(PluginConfig.Default with
        {
            IgnoredGpuIds = ["GPU-fef8089b", "GPU-ac81e44d"],
            FingerprintPeriod = TimeSpan.FromSeconds(5),
        }));
        Assert.That(parsed.Warnings, Is.Empty);
    }

    [TestCase("config-empty")]
    [TestCase("config-official")]
    [TestCase("config-blocks")]
    public void SetConfigRequest_NomadsBytes_CarriesTheConfig(string name)
    {
        var request = SetConfigRequest.Parser.ParseFrom(ConfigBytes.Fixture($"set-config-request-{name}.bin"));

        Assert.That(request.MsgpackConfig.ToByteArray(), Is.EqualTo(ConfigBytes.Fixture($"{name}.msgpack")));
    }

    [Test]
    public void MessagePackValues_NomadsBlocks_AreReadFieldByField()
    {
        var root = (ConfigValue.Block)MessagePackValues.Read(ConfigBytes.Fixture("config-blocks.msgpack"));
        var values = root.Entries.ToDictionary();
        var health = ((ConfigValue.Block)values["health"]).Entries.ToDictionary();
        var sharing = (ConfigValue.List)values["sharing"];

        Assert.That(values.Keys, Is.EquivalentTo(
            ["enabled", "fingerprint_period", "health", "ignored_gpu_ids", "sharing"]));
        Assert.That(values["enabled"], Is.EqualTo(new ConfigValue.Flag(true)));
        Assert.That(values["fingerprint_period"], Is.EqualTo(new ConfigValue.Text("1m")));
        Assert.That(((ConfigValue.List)values["ignored_gpu_ids"]).Items, Is.Empty);
        Assert.That(health["enabled"], Is.EqualTo(new ConfigValue.Flag(true)));
        Assert.That(health["ignored_xids"].Show(), Is.EqualTo("[13, 31, 94]"));
        Assert.That(sharing.Items.Select(Describe), Is.EqualTo(
        [
            """devices = ["all"], replicas = 4, strategy = "time-slicing" """.Trim(),
            """devices = ["GPU-a", "0"], replicas = 1, strategy = "none" """.Trim(),
        ]));
    }

    // That schema's default for the strategy is none of ours, so the block is refused, and for that alone.
    [Test]
    public void FromMessagePack_NomadsBlocks_RefusesOnlyTheForeignStrategy() => Assert.That(
        () => PluginConfigReader.FromMessagePack(ConfigBytes.Fixture("config-blocks.msgpack")),
        Throws.TypeOf<PluginConfigException>().With.Message.EqualTo(
            "The plugin configuration is wrong: sharing[1].strategy = \"none\": must be time-slicing or mps"));

    [Test]
    public void FromMessagePack_AnyIntegerInEveryEncoding_IsTheSameNumber() =>
        Gen.Int[1, 256].Sample(replicas =>
        {
            var expected = PluginConfig.Default with { Sharing = [new SharingConfig { Replicas = replicas }] };
            var text = replicas.ToString(CultureInfo.InvariantCulture);
            ConfigBytes.WriteAction[] encodings =
            [
                (ref MessagePackWriter writer) => writer.Write(replicas),
                (ref MessagePackWriter writer) => writer.WriteInt64(replicas),
                (ref MessagePackWriter writer) => writer.WriteUInt64((ulong)replicas),
                (ref MessagePackWriter writer) => writer.Write((double)replicas),
                (ref MessagePackWriter writer) => writer.Write((float)replicas),
                (ref MessagePackWriter writer) => writer.Write(text),
                (ref MessagePackWriter writer) => writer.Write(text + ".0"),
            ];
            Assert.That(
                encodings.Select(write => PluginConfigReader.FromMessagePack(WithReplicas(write)).Config),
                Is.All.EqualTo(expected));
        });

    [TestCase("1.5")]
    [TestCase("\"1.5\"")]
    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("257")]
    [TestCase("18446744073709551615")]
    [TestCase("\"1e400\"")]
    [TestCase("true")]
    [TestCase("[]")]
    public void FromMessagePack_WrongNumber_NamesKeyValueAndRange(string replicas)
    {
        var bytes = ConfigBytes.MessagePack($$"""{"sharing":[{},{"replicas":{{replicas}}}]}""");

        var exception = Assert.Throws<PluginConfigException>(() => PluginConfigReader.FromMessagePack(bytes));

        var error = exception!.Errors.Single();
        Assert.That(error.Key, Is.EqualTo("sharing[1].replicas"));
        Assert.That(error.Problem, Is.EqualTo("must be a whole number from 1 to 256"));
    }

    [TestCase(0)]
    [TestCase(12)]
    public void FromMessagePack_UnknownValueOfCty_IsRefusedByKey(sbyte extension)
    {
        var bytes = ConfigBytes.Write((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(1);
            writer.Write("backend");
            writer.WriteExtensionFormat(new ExtensionResult(extension, new byte[] { 0 }));
        });

        Assert.That(() => PluginConfigReader.FromMessagePack(bytes), Throws.TypeOf<PluginConfigException>()
            .With.Message.Contains("backend = unknown: must be nvml or fake"));
    }

    [TestCase("""{"later":true}""", "\"later\"")]
    [TestCase("""{"health":{"later":"x"},"sharing":[{"later":1}]}""", "\"health.later\", \"sharing[0].later\"")]
    [TestCase("""{"later":{"inner":1}}""", "\"later\"")]
    [TestCase("""{"later":[{"inner":1}]}""", "\"later\"")]
    public void FromMessagePack_KeyOfALaterVersion_IsIgnoredWithAWarningThatNamesIt(string json, string named) => Assert.That(
        PluginConfigReader.FromMessagePack(ConfigBytes.MessagePack(json)).Warnings.Where(
            warning => warning.StartsWith($"This version does not know {named} and ignores it", StringComparison.Ordinal)).ToList(),
        Has.Count.EqualTo(1));

    [TestCase("""{"later":null}""")]
    [TestCase("""{"later":[]}""")]
    [TestCase("""{"health":{"later":null}}""")]
    public void FromMessagePack_KeyOfALaterVersionWithoutValue_IsNothing(string json) => Assert.That(
        PluginConfigReader.FromMessagePack(ConfigBytes.MessagePack(json)), Is.EqualTo(new ParsedConfig(PluginConfig.Default, [])));

    private static byte[] WithReplicas(ConfigBytes.WriteAction write) =>
        ConfigBytes.Write((ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(1);
            writer.Write("sharing");
            writer.WriteArrayHeader(1);
            writer.WriteMapHeader(1);
            writer.Write("replicas");
            write(ref writer);
        });

    private static string Describe(ConfigValue block) => string.Join(
        ", ", ((ConfigValue.Block)block).Entries.Select(entry => $"{entry.Key} = {entry.Value.Show()}"));
}

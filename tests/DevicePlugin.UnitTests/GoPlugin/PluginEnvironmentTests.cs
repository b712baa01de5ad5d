using CsCheck;
using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Handshake;

namespace DevicePlugin.UnitTests.GoPlugin;

internal sealed class PluginEnvironmentTests
{
    [Test]
    public void Read_NothingSet_HasTheDefaultsOfGoPlugin()
    {
        var environment = Read();

        Assert.Multiple(() =>
        {
            Assert.That(environment.HostVersions, Is.Null);
            Assert.That(environment.Ports, Is.EqualTo((0, 0)));
            Assert.That(environment.ClientCertificate, Is.Null);
            Assert.That(environment.SocketDirectory, Is.EqualTo("/tmp"));
            Assert.That(environment.SocketGroup, Is.Null);
            Assert.That(environment.AsksForMultiplexing, Is.False);
        });
    }

    [Test]
    public void Read_EmptyValues_MeanAbsent()
    {
        var environment = Read(
            ("PLUGIN_PROTOCOL_VERSIONS", ""), ("PLUGIN_CLIENT_CERT", ""), ("PLUGIN_UNIX_SOCKET_GROUP", ""),
            ("PLUGIN_MULTIPLEX_GRPC", ""), ("PLUGIN_UNIX_SOCKET_DIR", ""), ("TMPDIR", ""));

        Assert.That(environment, Is.EqualTo(Read()));
    }

    [Test]
    public void Read_SocketDirectory_PrecedesTheTemporaryFolder()
    {
        Assert.That(Read(("TMPDIR", "/a")).SocketDirectory, Is.EqualTo("/a"));
        Assert.That(Read(("TMPDIR", "/a"), ("PLUGIN_UNIX_SOCKET_DIR", "/b")).SocketDirectory, Is.EqualTo("/b"));
    }

    [TestCase("PLUGIN_PROTOCOL_VERSIONS", "two")]
    [TestCase("PLUGIN_PROTOCOL_VERSIONS", "2,,3")]
    [TestCase("PLUGIN_PROTOCOL_VERSIONS", "99999999999999999999")]
    [TestCase("PLUGIN_MIN_PORT", "low")]
    [TestCase("PLUGIN_MIN_PORT", "-1")]
    [TestCase("PLUGIN_MAX_PORT", "65536")]
    [TestCase("PLUGIN_MAX_PORT", "1e3")]
    public void Read_BadValue_NamesVariableAndValue(string name, string value) =>
        Assert.That(
            () => Read((name, value)),
            Throws.TypeOf<PluginStartException>().With.Message.Contains(name)
                .And.Message.Contains(value.Split(',')[^1] is "3" ? "\"\"" : value));

    [Test]
    public void Read_ReversedPorts_NamesBoth() =>
        Assert.That(
            () => Read(("PLUGIN_MIN_PORT", "200"), ("PLUGIN_MAX_PORT", "100")),
            Throws.TypeOf<PluginStartException>().With.Message.Contains("200").And.Message.Contains("100"));

    [TestCase(null, new[] { 2, 3 }, 2)]
    [TestCase("2", new[] { 2 }, 2)]
    [TestCase("1,2,3,4", new[] { 2, 3 }, 3)]
    [TestCase("3, 2", new[] { 2 }, 2)]
    public void ChooseVersion_Common_TakesTheHighest(string? theirs, int[] ours, int expected) =>
        Assert.That(Read(("PLUGIN_PROTOCOL_VERSIONS", theirs)).ChooseVersion(ours), Is.EqualTo(expected));

    [Test]
    public void ChooseVersion_NoneInCommon_NamesBothSides() =>
        Assert.That(
            () => Read(("PLUGIN_PROTOCOL_VERSIONS", "5,6")).ChooseVersion([2]),
            Throws.TypeOf<PluginStartException>().With.Message.Contains("5, 6").And.Message.Contains("this plugin 2"));

    [Test]
    public void ChooseVersion_AnyLists_GivesTheGreatestCommonOrFails() =>
        Gen.Select(Gen.Int[0, 9].Array[1, 6], Gen.Int[0, 9].Array[1, 6]).Sample((theirs, ours) =>
        {
            var environment = Read(("PLUGIN_PROTOCOL_VERSIONS", string.Join(',', theirs)));
            var common = theirs.Where(ours.Contains).ToList();
            if (common.Count == 0)
            {
                Assert.That(() => environment.ChooseVersion(ours), Throws.TypeOf<PluginStartException>());
            }
            else
            {
                Assert.That(environment.ChooseVersion(ours), Is.EqualTo(common.Max()));
            }
        });

    private static PluginEnvironment Read(params (string Name, string? Value)[] variables) =>
        PluginEnvironment.Read(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}

using DevicePlugin.Nomad.Agent;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Nomad.Agent;

internal sealed class AgentConfigTests
{
    private string _folder = "";

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("agent").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Read_OurExample_HasItsPluginDirAndBlock()
    {
        var agent = AgentConfig.Read(Path.Combine(Repository.Root, "examples", "agent.hcl"), File.ReadAllText);

        Assert.Multiple(() =>
        {
            Assert.That(agent.PluginDir, Is.EqualTo("/opt/nomad/plugins"));
            Assert.That(agent.IsClient, Is.True);
            Assert.That(agent.PluginLabels, Does.Contain("nomad-device-gpu"));
            Assert.That(agent.ConfigOf("docker")!.ToJsonString(), Is.EqualTo("""{"allow_runtimes":["runc","nvidia"]}"""));
        });
    }

    [Test]
    public void Read_Folder_TakesTheLastWord()
    {
        Write("10.hcl", "data_dir = \"/var/lib/nomad\"\nplugin_dir = \"/first\"\nclient { enabled = true }");
        Write("20.json", """{"plugin_dir":"/second","plugin":{"nomad-device-gpu":[{"config":[{"enabled":false}]}]}}""");
        Write("30.txt", "no configuration {{{");

        var agent = AgentConfig.Read(_folder, File.ReadAllText);

        Assert.That(agent.PluginDir, Is.EqualTo("/second"));
        Assert.That(agent.IsClient, Is.True);
        Assert.That(agent.ConfigOf("nomad-device-gpu")!.ToJsonString(), Is.EqualTo("""{"enabled":false}"""));
    }

    [Test]
    public void Read_OnlyDataDir_HasItsPlugins()
    {
        Write("a.hcl", "data_dir = \"/var/lib/nomad\"");

        Assert.That(AgentConfig.Read(_folder, File.ReadAllText).PluginDir, Is.EqualTo(Path.Join("/var/lib/nomad", "plugins")));
    }

    [Test]
    public void Read_BlockWithoutConfig_IsThere()
    {
        Write("a.hcl", "plugin \"nomad-device-gpu\" {}");

        var agent = AgentConfig.Read(_folder, File.ReadAllText);

        Assert.That(agent.PluginLabels, Is.EqualTo(new[] { "nomad-device-gpu" }));
        Assert.That(agent.ConfigOf("nomad-device-gpu"), Is.Null);
    }

    [TestCase("a.hcl", "client {")]
    [TestCase("a.json", "{\"client\":")]
    [TestCase("a.json", "{\"data_dir\":\"\\ud800\"}")]
    [TestCase("a.json", "{\"\\ud800\":1}")]
    [TestCase("a.json", "{\"client\":{},\"client\":{}}")]
    [TestCase("a.json", "{\"plugin\":[{\"nomad-device-gpu\":{\"config\":{\"a\":1,\"a\":2}}}]}")]
    public void Read_FileThatIsNone_NamesIt(string name, string text)
    {
        Write(name, text);

        Assert.That(
            () => AgentConfig.Read(_folder, File.ReadAllText), Throws.TypeOf<FormatException>().With.Message.Contains(name));
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}

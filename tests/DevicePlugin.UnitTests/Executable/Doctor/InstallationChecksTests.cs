using DevicePlugin.Doctor;
using DevicePlugin.Nomad.Agent;

namespace DevicePlugin.UnitTests.Executable.Doctor;

/// <summary>How Nomad finds and starts the plugin.</summary>
[Platform("Linux")]
internal sealed class InstallationChecksTests
{
    private const string PluginDir = "/opt/nomad/plugins";
    private const string Plugin = PluginDir + "/nomad-device-gpu";

    private const string Client = "client { enabled = true }\n";
    private const string Ours = "plugin \"nomad-device-gpu\" {}\n";

    private MadeNode _node = null!;

    [SetUp]
    public void SetUp()
    {
        _node = new MadeNode();
        _node.Examination = _node.Examination with { PluginDir = PluginDir };
    }

    [TearDown]
    public void TearDown() => _node.Dispose();

    [TestCase("/opt/nomad-device-gpu", CheckStatus.Pass)]
    [TestCase("/opt/nomad-device-gpu.exe", CheckStatus.Pass)]
    [TestCase("/opt/nomad-device-gpu-1.0", CheckStatus.Warn)]
    public void Executable_GoesByItsName(string path, CheckStatus expected)
    {
        _node.Examination = _node.Examination with { Executable = path };

        Assert.That(_node.Check("executable").Status, Is.EqualTo(expected));
    }

    [Test]
    public void PluginDir_NotTold_PassesAndSaysHowToTell()
    {
        _node.Examination = _node.Examination with { PluginDir = null };

        AssertFinding("plugin-dir", CheckStatus.Pass, "--agent-config");
    }

    [Test]
    public void PluginDir_WithTheExecutable_Passes()
    {
        _node.Program(Plugin);

        AssertFinding("plugin-dir", CheckStatus.Pass, Plugin);
    }

    [Test]
    public void PluginDir_Absent_Fails() => AssertFinding("plugin-dir", CheckStatus.Fail, "does not exist");

    [Test]
    public void PluginDir_WithoutThePlugin_Fails()
    {
        _node.Folder(PluginDir);

        AssertFinding("plugin-dir", CheckStatus.Fail, "has no nomad-device-gpu");
    }

    [Test]
    public void PluginDir_FileOfAnotherName_FailsAndSaysToRename()
    {
        _node.Program(Plugin + "-linux-x64");

        AssertFinding("plugin-dir", CheckStatus.Fail, "nomad-device-gpu-linux-x64");
        Assert.That(_node.Check("plugin-dir").Advice, Does.StartWith("Rename"));
    }

    [Test]
    public void PluginDir_FolderOfThatName_Fails()
    {
        _node.Program(Plugin + "/nomad-device-gpu");

        AssertFinding("plugin-dir", CheckStatus.Fail, "is a folder");
    }

    [Test]
    public void PluginDir_FileThatMayNotBeExecuted_Fails()
    {
        _node.File(Plugin);

        AssertFinding("plugin-dir", CheckStatus.Fail, "may not be executed");
    }

    [Test]
    public void PluginDir_LinkToNothing_Fails()
    {
        _node.Program(Plugin).Link(PluginDir + "/other", "nowhere");

        AssertFinding("plugin-dir", CheckStatus.Fail, "is a link to nothing");
    }

    [Test]
    public void PluginDir_OtherFiles_Warns()
    {
        _node.Program(Plugin).File(PluginDir + "/README.md");

        AssertFinding("plugin-dir", CheckStatus.Warn, "README.md");
    }

    [Test]
    public void PluginBlock_NotTold_Passes() => AssertFinding("plugin-block", CheckStatus.Pass, "--agent-config");

    [TestCase(Client + Ours, CheckStatus.Pass, "the block plugin")]
    [TestCase(Client + "plugin \"gpu\" {}\n", CheckStatus.Fail, "(there is: gpu)")]
    [TestCase(Client, CheckStatus.Fail, "(there is: none at all)")]
    [TestCase("server { enabled = true }\n" + Ours, CheckStatus.Fail, "not run in client mode")]
    [TestCase(Client + Ours + "plugin \"nomad-device-nvidia\" {}\n", CheckStatus.Fail, "offered twice")]
    public void PluginBlock_OfAnAgent_GoesByItsBlocks(string hcl, CheckStatus status, string seen)
    {
        _node.File("/etc/nomad.d/nomad.hcl", hcl);
        _node.Examination = _node.Examination with { Agent = AgentConfig.Read(_node.Locate("/etc/nomad.d"), File.ReadAllText) };

        AssertFinding("plugin-block", status, seen);
    }

    [Test]
    public void Config_WithoutErrors_Passes()
    {
        _node.Examination = _node.Examination with { Reading = new ConfigReading("a.json", [], []) };

        AssertFinding("config", CheckStatus.Pass, "a.json: no errors");
    }

    [Test]
    public void Config_Clamped_Warns()
    {
        _node.Examination = _node.Examination with { Reading = new ConfigReading("a.json", [], ["\"1s\" is used."]) };

        AssertFinding("config", CheckStatus.Warn, "\"1s\" is used.");
    }

    [Test]
    public void Config_WithErrors_NamesEach()
    {
        _node.Examination = _node.Examination with { Reading = new ConfigReading("a.json", ["one", "two"], []) };

        AssertFinding("config", CheckStatus.Fail, "a.json: one; two");
    }

    private void AssertFinding(string id, CheckStatus status, string seen) => _node.AssertFinding(id, status, seen);
}

using System.Runtime.Versioning;
using DevicePlugin.ConformanceTests.CommandLine;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Installing;

/// <summary>The published executable puts itself into a plugin_dir.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class InstallTests : IDisposable
{
    private const UnixFileMode OthersWrite = UnixFileMode.OtherWrite;

    private readonly RootFolder _node = new();
    private readonly byte[] _program = File.ReadAllBytes(Repository.Executable());

    // Bytes behind the end of an ELF file are nobody's: another file that does the same.
    private byte[] Former => [.. _program, 1];

    private string PluginDir => _node.Locate("data/plugins");

    private string Plugin => Path.Combine(PluginDir, "nomad-device-gpu");

    private string Kept => _node.Locate("state/previous/nomad-device-gpu");

    public void Dispose() => _node.Dispose();

    [Test]
    public async Task Install_NoPluginDirYet_MakesItUnderTheDataDirOfTheAgent()
    {
        var run = await InstallAsync();

        AssertDone(run);
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllBytes(Plugin), Is.EqualTo(_program));
            Assert.That(Convert.ToString((int)File.GetUnixFileMode(Plugin), 8), Is.EqualTo("755"));
            Assert.That(Directory.GetFileSystemEntries(PluginDir), Has.Length.EqualTo(1));
            Assert.That(run.Output, Does.Contain(PluginDir).And.Contain("none before").And.Contain("accepts the configuration"));
            Assert.That(Directory.Exists(_node.Locate("state")), Is.False, "nothing of the node was touched by trying it");
        });
    }

    [Test]
    public async Task Install_PluginDirIsConfigured_GoesThere()
    {
        AssertDone(await InstallAsync($"plugin_dir = \"{_node.Locate("own")}\""));

        Assert.That(File.Exists(_node.Locate("own/nomad-device-gpu")));
    }

    [Test]
    public async Task Install_OverAFormerFile_KeepsItWhereNomadDoesNotLook()
    {
        PutFormer();

        var run = await InstallAsync();

        AssertDone(run);
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllBytes(Plugin), Is.EqualTo(_program));
            Assert.That(File.ReadAllBytes(Kept), Is.EqualTo(Former));
            Assert.That(Directory.GetFileSystemEntries(PluginDir), Has.Length.EqualTo(1));
            Assert.That(run.Output, Does.Match(@"version +\S+ before, \S+ now").And.Contain(Kept));
        });

        AssertDone(await InstallAsync("", "--from", Kept));
        Assert.That(File.ReadAllBytes(Plugin), Is.EqualTo(Former), "the way back");
    }

    [Test]
    public async Task Install_PlantedLinks_AreReplacedAndNotFollowed()
    {
        Directory.CreateDirectory(PluginDir);
        var victim = _node.Write("victim", "precious");
        File.CreateSymbolicLink(Plugin, victim);
        File.CreateSymbolicLink(Plugin + ".new", victim);

        AssertDone(await InstallAsync());

        Assert.That(File.ReadAllText(victim), Is.EqualTo("precious\n"));
        Assert.That(new FileInfo(Plugin).LinkTarget, Is.Null);
        Assert.That(Directory.GetFileSystemEntries(PluginDir), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Install_SameFileThatOthersMayWrite_IsReplacedAndNotKept()
    {
        Directory.CreateDirectory(PluginDir);
        File.WriteAllBytes(Plugin, _program);
        File.SetUnixFileMode(Plugin, (UnixFileMode)0x1FF);

        var run = await InstallAsync();

        AssertDone(run);
        Assert.That(Convert.ToString((int)File.GetUnixFileMode(Plugin), 8), Is.EqualTo("755"));
        Assert.That(File.Exists(Kept), Is.False);
        Assert.That(run.Output, Does.Contain("is not kept, because others could have written it"));
    }

    [TestCase("data/plugins")]
    [TestCase("data")]
    public async Task Install_FolderThatOthersMayWrite_IsRefused(string folder)
    {
        PutFormer();
        File.SetUnixFileMode(_node.Locate(folder), File.GetUnixFileMode(_node.Locate(folder)) | OthersWrite);

        AssertNotChanged(await InstallAsync(), $"\"{_node.Locate(folder)}\" is writable by users other than its owner");
    }

    [Test]
    public async Task Install_NotThisPlugin_IsRefusedBeforeAnythingIsChanged()
    {
        PutFormer();
        var script = _node.Write("script", "#!/bin/sh\nexit 3");

        AssertNotChanged(await InstallAsync("", "--from", script), script);
    }

    [Test]
    public async Task Install_ConfigurationThatTheNewFileRefuses_NamesTheKey()
    {
        PutFormer();

        var run = await Cli.RunAsync("install", "--agent-config", WriteAgent("", "fingerprint_perod = \"1m\""));

        AssertNotChanged(run, "fingerprint_perod", exitCode: 2);
    }

    [Test]
    public async Task Install_NobodySaysWhere_AsksForIt()
    {
        var config = _node.Write("agent.hcl", "client { enabled = true }");

        var run = await Cli.RunAsync("install", "--agent-config", config);

        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Errors, Does.Contain("--plugin-dir").And.Contain(config));
    }

    [Test]
    public async Task Restart_PluginOfAnAgent_IsReplacedAndTheAgentIsLeftAlone()
    {
        PutFormer();
        using var agent = await AgentStandIn.StartAsync(PluginDir);
        using var other = await AgentStandIn.StartAsync(PluginDir, command: "host");
        var (former, bystander) = (agent.Plugin, other.Plugin);

        var first = await InstallAsync();
        Assert.That(agent.Plugin, Is.EqualTo(former), "nothing is restarted without the option");
        Assert.That(first.Output, Does.Contain($"process {former} ").And.Contain("--restart-plugin"));

        var run = await InstallAsync("", "--restart-plugin");

        AssertDone(run);
        Assert.Multiple(() =>
        {
            Assert.That(agent.IsRunning);
            Assert.That(agent.Plugin, Is.Not.Null.And.Not.EqualTo(former));
            Assert.That(run.Output, Does.Contain($"process {agent.Plugin} ").And.Contain($"in place of {former}"));
            Assert.That(other.Plugin, Is.EqualTo(bystander), "whoever is not an agent ends its plugin itself");
        });

        var serving = agent.Plugin;
        AssertDone(await InstallAsync("", "--restart-plugin"));
        Assert.That(agent.Plugin, Is.EqualTo(serving), "it runs the file already");
    }

    [Test]
    public async Task Restart_FileWasRenamedBefore_EndsTheEarlierOneThatStillRuns()
    {
        PutFormer();
        using var agent = await AgentStandIn.StartAsync(PluginDir);
        var former = agent.Plugin;
        WriteProgram(_node.Locate("renamed"), _program);
        File.Move(_node.Locate("renamed"), Plugin, overwrite: true);

        var run = await InstallAsync("", "--restart-plugin");

        AssertDone(run);
        Assert.That(run.Output, Does.Contain("is this file already").And.Contain($"in place of {former}"));
        Assert.That(agent.Plugin, Is.Not.Null.And.Not.EqualTo(former));
    }

    [Test]
    public async Task Restart_AgentDoesNotStartIt_SaysHowToGoBack()
    {
        PutFormer();
        using var agent = await AgentStandIn.StartAsync(PluginDir, starts: 1);

        var run = await InstallAsync("", "--restart-plugin");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("did not start the new file").And.Contain($"{Plugin} install --from {Kept}"));
    }

    [Test]
    public async Task Restart_PluginRunsFromAnotherFolder_ChangesNothing()
    {
        PutFormer();
        Directory.CreateDirectory(_node.Locate("elsewhere/plugins"));
        WriteProgram(_node.Locate("elsewhere/plugins/nomad-device-gpu"), Former);
        using var agent = await AgentStandIn.StartAsync(_node.Locate("elsewhere/plugins"));

        AssertNotChanged(await InstallAsync("", "--restart-plugin"), _node.Locate("elsewhere/plugins"));
    }

    [Test]
    public async Task Restart_NoAgent_InstallsAndSaysThatNothingWasRestarted()
    {
        var run = await InstallAsync("", "--restart-plugin");

        Assert.That(run.ExitCode, Is.EqualTo(1));

        // On a machine where somebody else's agent runs the plugin, that is the one it names.
        var isAlone = run.Errors.Contains("nothing to restart", StringComparison.Ordinal);
        Assert.That(run.Errors, isAlone ? Does.Contain(Plugin) : Does.Contain("Nothing was changed").And.Contain("--plugin-dir"));
        Assert.That(File.Exists(Plugin), Is.EqualTo(isAlone));
    }

    private Task<CliRun> InstallAsync(string agent = "", params string[] options) =>
        Cli.RunAsync(["install", "--agent-config", WriteAgent(agent), .. options]);

    private string WriteAgent(string agent, string block = "") => _node.Write(
        "agent.hcl",
        $$"""
        data_dir = "{{_node.Locate("data")}}"
        {{agent}}
        client {
          enabled = true
        }
        plugin "nomad-device-gpu" {
          config {
            state_dir = "{{_node.Locate("state")}}"
            {{block}}
          }
        }
        """);

    private void PutFormer()
    {
        Directory.CreateDirectory(PluginDir);
        WriteProgram(Plugin, Former);
    }

    private static void WriteProgram(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static void AssertDone(CliRun run) => Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);

    private void AssertNotChanged(CliRun run, string said, int exitCode = 1)
    {
        Assert.That(run.ExitCode, Is.EqualTo(exitCode), run.Output + run.Errors);
        Assert.That(run.Errors, Does.Contain(said));
        Assert.That(File.ReadAllBytes(Plugin), Is.EqualTo(Former));
        Assert.That(Directory.GetFileSystemEntries(PluginDir), Has.Length.EqualTo(1));
    }
}

using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.Nvml;

namespace DevicePlugin.FunctionalTests.Mps;

/// <summary>
/// The whole way through the executable, with a process that is killed and started again as Nomad does it: NVML is the
/// mock, the daemon and nvidia-smi are stand-ins.
/// </summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
internal sealed class MpsPluginTests
{
    private const string Gpu = "GPU-00000000-0000-0000-0000-000000000000";

    private string _library = null!;
    private MpsTools _tools = null!;
    private string _scenario = null!;

    [SetUp]
    public void SetUp()
    {
        _library = PluginProcess.MockLibrary();
        _tools = new MpsTools();
        _scenario = Path.Combine(_tools.DriverRoot, "scenario.json");
        File.Copy(PluginProcess.BuiltIn("a100"), _scenario);
        _tools.PlayScenario(_scenario);
    }

    [TearDown]
    public void TearDown() => _tools?.Dispose();

    [Test]
    public async Task SetConfig_WithoutFingerprint_StartsAndWritesNothing()
    {
        await using var plugin = await StartAsync();

        Assert.That(_tools.Daemon(0), Is.Null);
        Assert.That(_tools.ModeCalls, Is.Empty);
        Assert.That(Directory.Exists(_tools.StateDirectory), Is.False);
    }

    [Test]
    public async Task Fingerprint_PluginKilledAndStartedAgain_TheDaemonGoesOn()
    {
        var first = await StartAsync();
        var devices = await first.WaitUntilHealthyAsync();
        var daemon = _tools.Daemon(0)!.Value;

        // Nomad waits for the end of the plugin's standard streams, and whoever holds them keeps it waiting.
        var shared = MpsTools.OpenFilesOf(daemon).Intersect(first.OpenFiles).ToList();
        await first.KillAsync();
        await first.DisposeAsync();
        await using var second = await StartAsync();
        await second.WaitUntilHealthyAsync();

        Assert.That(devices.Select(device => device.ID), Is.EqualTo(Enumerable.Range(0, 4).Select(n => $"{Gpu}::{n}")));
        Assert.That(shared, Is.SubsetOf(new[] { "/dev/null" }));
        Assert.That(_tools.Daemon(0), Is.EqualTo(daemon));
        Assert.That(_tools.ModeCalls, Is.EqualTo(new[] { $"-i {Gpu} -c EXCLUSIVE_PROCESS" }));
    }

    [Test]
    public async Task Fingerprint_DaemonDies_ReplicasAreUnhealthyUntilItRunsAgain()
    {
        await using var plugin = await StartAsync();
        await plugin.WaitUntilHealthyAsync();
        var first = _tools.Daemon(0)!.Value;

        _tools.Behave("refuse");
        MpsTools.Kill(first);
        var unhealthy = await plugin.WaitUntilUnhealthyAsync();
        _tools.Behave();
        await plugin.WaitUntilHealthyAsync();

        Assert.That(unhealthy.Select(device => device.HealthDescription).Distinct().Single(), Does.StartWith(
            $"MPS cannot be used: sharing[0]: the MPS control daemon has ended (process {first}); "));
        Assert.That(_tools.Daemon(0), Is.Not.EqualTo(first));
    }

    // With umask 0 its own folders would be open to all, and it would refuse them.
    [Test]
    public async Task Fingerprint_WithAnyUmask_TheDaemonRunsInFoldersThatOnlyRootWrites([Values("000", "077", "777")] string umask)
    {
        await using var plugin = await StartAsync(umask: umask);

        await plugin.WaitUntilHealthyAsync();

        const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        Assert.That(
            Directory.GetDirectories(_tools.StateDirectory, "*", SearchOption.AllDirectories).Append(_tools.StateDirectory)
                .Where(path => (File.GetUnixFileMode(path) & OthersWrite) != 0),
            Is.Empty);
    }

    [Test]
    public async Task SetConfig_WithoutTheBlock_PutsDaemonAndModeBack()
    {
        await using var plugin = await StartAsync();
        await plugin.WaitUntilHealthyAsync();

        await plugin.ConfigureAsync(Config(sharing: new JsonArray()));
        await plugin.WaitForAsync(devices => devices.Count == 1 && devices[0].ID == Gpu);
        await GoPlugin.Eventually.BecomesTrue(() => _tools.ModeCalls.Length == 2);

        Assert.That(_tools.Daemon(0), Is.Null);
        Assert.That(_tools.ModeCalls[1], Is.EqualTo($"-i {Gpu} -c DEFAULT"));
    }

    [Test]
    public async Task Fingerprint_TooManyReplicas_SaysHowManyMpsTakes()
    {
        await using var plugin = await StartAsync(replicas: 49);

        var devices = await plugin.WaitUntilUnhealthyAsync();

        Assert.That(devices, Has.Count.EqualTo(49));
        Assert.That(devices[0].HealthDescription, Does.Contain(
            "49 replicas, and MPS takes 48 clients on a GPU of compute capability 8.0; lower replicas"));
    }

    [Test]
    public async Task FingerprintCommand_DaemonDoesNotRun_LooksAndStartsNothing()
    {
        var config = WriteConfig();

        var run = await PluginProcess.RunAsync(_scenario, "fingerprint", "--json", "--config", config);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("MPS cannot be used: sharing[0]: no MPS control daemon works in"));
        Assert.That(_tools.Daemon(0), Is.Null);
        Assert.That(Directory.Exists(_tools.StateDirectory), Is.False);
    }

    [Test]
    public async Task StopCommand_PluginIsGone_PutsDaemonAndModeBack()
    {
        var config = WriteConfig();
        var daemon = await StartAndLeaveAsync();

        var status = await PluginProcess.RunAsync(null, "mps", "status", "--config", config);
        var stop = await PluginProcess.RunAsync(null, "mps", "stop", "--config", config);
        var again = await PluginProcess.RunAsync(null, "mps", "stop", "--config", config);

        Assert.Multiple(() =>
        {
            Assert.That(status.Output, Does.Contain($"{daemon}").And.Contain("works, 0 clients"));
            Assert.That(stop.ExitCode, Is.Zero, stop.Errors);
            Assert.That(stop.Output, Does.Contain($"the MPS control daemon (process {daemon}) has ended"));
            Assert.That(stop.Output, Does.Contain($"{Gpu}: compute mode default, as before."));
            Assert.That(again.ExitCode, Is.Zero);
            Assert.That(again.Output, Does.StartWith("No MPS control daemon of this plugin is known"));
            Assert.That(_tools.Daemon(0), Is.Null);
            Assert.That(_tools.ModeCalls[1..], Is.EqualTo(new[] { $"-i {Gpu} -c DEFAULT" }));
        });
    }

    [Test]
    public async Task StopCommand_DaemonHasClients_LeavesItUnlessForced()
    {
        var config = WriteConfig();
        var daemon = await StartAndLeaveAsync();
        await _tools.AskAsync(0, "start_server -uid 0");
        _tools.Behave("client=4711");

        var stop = await PluginProcess.RunAsync(null, "mps", "stop", "--config", config);
        var left = _tools.Daemon(0);
        var forced = await PluginProcess.RunAsync(null, "mps", "stop", "--force", "--config", config);

        Assert.Multiple(() =>
        {
            Assert.That(stop.ExitCode, Is.EqualTo(1));
            Assert.That(stop.Output, Does.Contain("still runs: it has clients (process 4711)"));
            Assert.That(left, Is.EqualTo(daemon));
            Assert.That(forced.ExitCode, Is.Zero, forced.Errors);
            Assert.That(_tools.Daemon(0), Is.Null);
        });
    }

    [Test]
    public async Task StopCommand_ModeCannotBeSet_SaysSoAndKeepsWhatIsToBeDone()
    {
        var config = WriteConfig();
        await StartAndLeaveAsync();
        _tools.FailModes(true);

        var stop = await PluginProcess.RunAsync(null, "mps", "stop", "--config", config);

        Assert.That(stop.ExitCode, Is.EqualTo(1));
        Assert.That(stop.Output, Does.Contain("cannot be set back to default").And.Contain("Insufficient Permissions"));
        Assert.That(File.ReadAllText(_tools.StateFile), Does.Contain(Gpu));
    }

    private async Task<int> StartAndLeaveAsync()
    {
        await using var plugin = await StartAsync();
        await plugin.WaitUntilHealthyAsync();
        return _tools.Daemon(0)!.Value;
    }

    private Task<MpsPlugin> StartAsync(int replicas = 4, string? umask = null) =>
        MpsPlugin.StartAsync(Config(Blocks(replicas)), _scenario, umask);

    private string WriteConfig()
    {
        var path = Path.Combine(_tools.DriverRoot, "config.json");
        File.WriteAllText(path, Config(Blocks(4)));
        return path;
    }

    private static JsonArray Blocks(int replicas) => [new JsonObject { ["strategy"] = "mps", ["replicas"] = replicas }];

    private string Config(JsonArray sharing) => new JsonObject
    {
        ["nvml_library"] = _library,
        ["driver_root"] = _tools.DriverRoot,
        ["state_dir"] = _tools.StateDirectory,
        ["maintenance_file"] = Path.Combine(_tools.DriverRoot, "maintenance"),
        ["fingerprint_period"] = "1s",
        ["sharing"] = sharing,
    }.ToJsonString();
}

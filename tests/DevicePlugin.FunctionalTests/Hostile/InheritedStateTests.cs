using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Tests;
using MockedProcess = DevicePlugin.FunctionalTests.Nvml.PluginProcess;

namespace DevicePlugin.FunctionalTests.Hostile;

/// <summary>What the process takes over from whoever starts it: umask, limits, streams; and what it leaves when it is killed.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
internal sealed class InheritedStateTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("inherited").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Serve_WithAnyUmask_FoldersAndFilesHaveTheirModes([Values("000", "077", "777")] string umask)
    {
        await using var node = new HostileNode();
        await node.StartAsync(umask);
        await node.UntilAsync(devices => devices.Count == 8 && devices.All(device => device.Healthy));
        node.LogXid(79, 3);
        await Eventually.BecomesTrue(() => File.Exists(node.Locate("state/health.json")));

        Assert.That(
            ModesUnder(node.Locate("state")),
            Is.EquivalentTo(new[]
            {
                "state 755", "state/gpus.json 644", "state/health.json 644", "state/lock 600", "state/requests 700",
            }));
    }

    [Test]
    public async Task Cordon_WithAnyUmask_FoldersAndFilesHaveTheirModes([Values("000", "077", "777")] string umask)
    {
        var run = await ShellLine.RunAsync($"umask {umask}; {Cordon()}");

        Assert.That(run.Code, Is.Zero, run.Errors);
        Assert.That(ModesUnder(Path.Combine(_folder, "state")), Is.EquivalentTo(new[]
        {
            "state 755", "state/simulated 755", "state/simulated/lock 600", "state/simulated/cordons.json 644",
        }));
    }

    [TestCase("--scrub=true", "644")]
    [TestCase("--scrub=false", "600")]
    public async Task Capture_WithAnyUmask_HasItsMode(string scrub, string mode)
    {
        foreach (var umask in (string[])["000", "077", "777"])
        {
            var run = await ShellLine.RunAsync($"umask {umask}; $PLUGIN capture --scenario t4 {scrub} -o {_folder}/{umask}.json");

            Assert.That(run.Code, Is.Zero, run.Errors);
            Assert.That(ModesUnder(_folder), Does.Contain($"{Path.GetFileName(_folder)}/{umask}.json {mode}"));
        }
    }

    [Test]
    public async Task Cordon_NoFileMayGrow_SaysSoAndLeavesNothing()
    {
        var run = await ShellLine.RunAsync($"ulimit -f 0; {Cordon()}");

        Assert.That(run.Code, Is.EqualTo(1), run.Errors);
        Assert.That(run.Output + run.Errors, Does.Contain("cordons.json").And.Contains("larger than"));
        Assert.That(Directory.GetFiles(_folder, "*.new", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public async Task Serve_NoFileMayGrow_GoesOnAndLeavesNothing()
    {
        await using var node = new HostileNode();
        await node.StartAsync("022; export DOTNET_EnableWriteXorExecute=0; ulimit -f 0");
        await node.UntilAsync(devices => devices.Count == 8 && devices.All(device => device.Healthy));
        await node.AssertFollowsAsync();

        Assert.That(node.Count("state/gpus.json\" cannot be written"), Is.EqualTo(1));
        Assert.That(Directory.GetFiles(node.Locate("state"), "*.new"), Is.Empty);
    }

    [Test]
    public async Task Cordon_LockIsADanglingLink_IsRefusedAndItsTargetIsNotMade()
    {
        var state = Directory.CreateDirectory(Path.Combine(_folder, "state", "simulated")).FullName;
        File.CreateSymbolicLink(Path.Combine(state, "lock"), Path.Combine(_folder, "target"));

        var run = await ShellLine.RunAsync(Cordon());

        Assert.That(run.Code, Is.EqualTo(1), run.Errors);
        Assert.That(run.Output + run.Errors, Does.Contain($"\"{state}/lock\": it is a link"));
        Assert.That(File.Exists(Path.Combine(_folder, "target")), Is.False);
    }

    [Test]
    public async Task Handshake_ToAFile_IsWrittenAfterWhatIsThereAndBeforeWhatFollows([Values(">", ">>")] string redirect)
    {
        var file = Path.Combine(_folder, "log");
        using var shell = Process.Start(ShellLine.StartOf(
            $"{{ echo before; $PLUGIN & wait; echo after; }} {redirect} {file}", isServing: true))!;
        await Eventually.BecomesTrue(() => File.Exists(file) && File.ReadAllText(file).Contains("|grpc", StringComparison.Ordinal));
        using var kill = Process.Start("pkill", ["-TERM", "-P", $"{shell.Id}"]);
        await shell.WaitForExitAsync().DefaultTimeout();

        Assert.That(await File.ReadAllTextAsync(file), Does.Match(@"\Abefore\n1\|2\|unix\|[^\n]*\nafter\n\z"));
    }

    // libcuda is looked for beside NVML; this one never finishes loading.
    [Test]
    public async Task Killed_WhileCudaHangs_TheChildEndsToo()
    {
        var library = Path.Combine(_folder, "libnvidia-ml.so.1");
        File.Copy(MockedProcess.MockLibrary(), library);
        File.Copy(
            Prerequisite.File(Path.Combine(Repository.Root, "artifacts", "hwmocks", "bad", "libhang.so"), "./build.sh hwmocks"),
            Path.Combine(_folder, "libcuda.so.1"));
        var start = ShellLine.StartOf($"exec $PLUGIN fingerprint --nvml-library {library}");
        start.Environment["HWMOCKS_SCENARIO"] = MockedProcess.BuiltIn("t4");
        using var plugin = Process.Start(start)!;
        var child = 0;
        await Eventually.BecomesTrue(() => (child = ChildThatHasOpen(plugin.Id, "libcuda.so.1")) != 0);

        plugin.Kill();

        await Eventually.BecomesTrue(() => !Directory.Exists($"/proc/{child}"));
    }

    private static int ChildThatHasOpen(int parent, string library)
    {
        foreach (var thread in Directory.GetDirectories($"/proc/{parent}/task"))
        {
            try
            {
                foreach (var child in File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    if (File.ReadAllText($"/proc/{child}/maps").Contains(library, StringComparison.Ordinal))
                    {
                        return int.Parse(child, CultureInfo.InvariantCulture);
                    }
                }
            }
            catch (IOException)
            {
                // The thread, or the child, has just ended.
            }
        }

        return 0;
    }

    private string Cordon()
    {
        Prerequisite.Require(Environment.IsPrivilegedProcess, "the user root", "sudo");

        // Without the plugins that others run on this machine.
        var config = Path.Combine(_folder, "config.json");
        File.WriteAllText(config, $$"""{"state_dir": "{{_folder}}/state", "proc_root": "{{_folder}}/proc"}""");
        return $"$PLUGIN cordon 0 --reason RMA --scenario dgx-h100 --config {config}";
    }

    private static IEnumerable<string> ModesUnder(string folder)
    {
        var parent = Path.GetDirectoryName(folder)!;
        return (Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder) : [])
            .Select(path => $"{Path.GetRelativePath(parent, path)} {Convert.ToString((int)File.GetUnixFileMode(path), 8)}");
    }
}

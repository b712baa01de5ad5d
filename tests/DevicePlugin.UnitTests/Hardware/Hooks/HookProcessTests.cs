using System.Runtime.Versioning;
using System.Text;
using DevicePlugin.Hardware.Hooks;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;
using DevicePlugin.UnitTests.Hardware.Tools;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Hooks;

/// <summary>What a program finds when it is run, and how it ends.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
internal sealed class HookProcessTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private TemporaryTree _tree = null!;

    private string Output => File.ReadAllText(Path.Combine(_tree.Root, "run", HookProcess.OutputName));

    [SetUp]
    public void SetUp() => _tree = new TemporaryTree();

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public async Task Run_ReadsItsInput_WithThePathAlone_AndNothingElseOpen()
    {
        Environment.SetEnvironmentVariable("NOMAD_TOKEN", "secret");
        var result = await RunAsync("cat; echo; /usr/bin/env; cd /proc/self/fd; echo *; pwd -P > /dev/null");

        Assert.That(result.IsDone, result.Problem);
        var lines = Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines[0], Is.EqualTo("""{"a":1}"""));
        Assert.That(lines, Has.Some.EqualTo("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
        Assert.That(Output, Does.Not.Contain("NOMAD_TOKEN"));

        // PWD, SHLVL and _ are the shell's own.
        Assert.That(
            lines.Where(line => line.Contains('=', StringComparison.Ordinal)).Select(line => line.Split('=')[0]),
            Is.SubsetOf(["PATH", "PWD", "SHLVL", "_", "OLDPWD"]));

        // The shell has the script open itself, at 10 or 255.
        Assert.That(lines[^1].Split(' ').Select(int.Parse), Is.SubsetOf([0, 1, 2, 3, 10, 255]));
    }

    [Test]
    public async Task Run_HasASessionOfItsOwn()
    {
        var result = await RunAsync("read -r stat < /proc/self/stat; set -- ${stat##*) }; echo \"$$ $3 $4\"");

        Assert.That(result.IsDone, result.Problem);
        var ids = Output.Trim().Split(' ');
        Assert.That(ids.Distinct().Count(), Is.EqualTo(1), Output);
    }

    [Test]
    public async Task Run_IsOnRecordWhileItLasts()
    {
        var result = await RunAsync($"while [ ! -s {_tree.Root}/run/{HookRecord.Name} ]; do :; done; echo $$; cat {_tree.Root}/run/{HookRecord.Name}");

        Assert.That(result.IsDone, result.Problem);
        var lines = Output.Split('\n');
        Assert.That(lines[1], Does.StartWith($$"""{"boot_id":"boot-1","pid":{{lines[0]}},"start_ticks":"""));
        Assert.That(File.Exists(Path.Combine(_tree.Root, "run", HookRecord.Name)), Is.False);
    }

    [Test]
    public async Task Run_ThatFails_TellsItsCodeAndLastWords()
    {
        var result = await RunAsync("echo lost >&2; exit 3");

        Assert.That(result.Problem, Is.EqualTo("exit code 3: lost"));
    }

    [Test]
    public async Task Run_ThatDoesNotEnd_IsKilledWithWhatItStarted()
    {
        var time = new FakeTimeProvider();
        using var pipe = new HeldPipe(_tree);
        var run = RunAsync(pipe.Script, time: time);
        await pipe.StartedAsync();

        time.Advance(Long);

        var result = await run.DefaultTimeout();
        Assert.That(result.IsHung);
        Assert.That(result.Problem, Is.EqualTo("it did not end within 30 s and was killed"));
        await pipe.AssertEndsAsync();
    }

    [Test]
    public async Task Run_ThatIsCancelled_IsKilledWithWhatItStarted()
    {
        using var stop = new CancellationTokenSource();
        using var pipe = new HeldPipe(_tree);
        var run = RunAsync(pipe.Script, cancellationToken: stop.Token);
        await pipe.StartedAsync();

        await stop.CancelAsync();

        Assert.That(async () => await run, Throws.InstanceOf<OperationCanceledException>());
        await pipe.AssertEndsAsync();
    }

    [Test]
    public async Task Run_ThatPrintsWithoutEnd_DoesNotFillTheDisk()
    {
        await RunAsync("while :; do echo 0123456789012345678901234567890123456789; done", TimeSpan.FromSeconds(3));

        var blocks = new FileInfo(Path.Combine(_tree.Root, "run", HookProcess.OutputName)).Length;
        Assert.That(blocks, Is.LessThan(64L * 1024 * 1024));
    }

    [Test]
    public async Task Run_OfWhatCannotBeRun_SaysWhy()
    {
        var program = _tree.Write("program", "#!/bin/sh\n");

        var result = await HookProcess.RunAsync(
            Trust(program), default, Path.Combine(_tree.Root, "run"), "boot-1", Long, TimeProvider.System, default);

        Assert.That(result.Problem, Is.EqualTo("it could not be started: Permission denied"));
    }

    [Test]
    public async Task Run_WithoutAFolderForItsStreams_SaysWhy()
    {
        _tree.Write("run", "a file");

        Assert.That((await RunAsync("true")).Problem, Does.StartWith("its input could not be written: "));
    }

    [Test]
    public async Task Run_WithLinksWhereItsStreamsGo_WritesNothingThroughThem()
    {
        var mine = _tree.Write("mine", "mine");
        _tree.Link("run/" + HookProcess.OutputName, mine);
        _tree.Link("run/" + HookProcess.InputName, mine);

        Assert.That((await RunAsync("echo done")).IsDone);
        Assert.That(File.ReadAllText(mine), Is.EqualTo("mine"));
        Assert.That(Output, Is.EqualTo("done\n"));
    }

    private Task<ToolResult> RunAsync(
        string script, TimeSpan? limit = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        var program = _tree.Write("program", $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return HookProcess.RunAsync(
            Trust(program), Encoding.UTF8.GetBytes("""{"a":1}"""), Path.Combine(_tree.Root, "run"), "boot-1", limit ?? Long,
            time ?? TimeProvider.System, cancellationToken);
    }

    private static TrustedProgram Trust(string program) =>
        TrustedProgram.Check(program, ChangeHook.Variables, new ProgramTrust(TemporaryTree.AsRootHasIt), out _)!;
}

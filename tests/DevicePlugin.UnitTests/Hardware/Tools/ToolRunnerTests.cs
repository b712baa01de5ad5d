using System.Collections.Immutable;
using System.Globalization;
using System.IO.Pipes;
using System.Runtime.Versioning;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Tools;

/// <summary>What a tool of the driver finds when it is run, and how it ends.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ToolRunnerTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly TemporaryTree _tree = new();

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public async Task Run_TellsWhatItPrintsToBothStreams_AndItsCode()
    {
        var result = await RunAsync("cat; echo \"$1\" >&2; exit 3", input: "asked\n", arguments: ["a b"]);

        Assert.That(result, Is.EqualTo(new ToolResult(3, "asked\na b")));
    }

    [Test]
    public async Task Run_HasTheNamedVariablesAlone_AndNothingElseOpen()
    {
        Environment.SetEnvironmentVariable("NOMAD_TOKEN", "secret");
        using var pipe = new AnonymousPipeServerStream(
            PipeDirection.Out, HandleInheritability.Inheritable);

        var result = await RunAsync("/usr/bin/env; cd /proc/self/fd; echo *", environment: ("A", "1"));

        var lines = result.Output.Split('\n');
        Assert.That(
            lines.Where(line => line.Contains('=', StringComparison.Ordinal)),
            Has.Some.EqualTo("A=1").And.All.Matches<string>(line => line!.Split('=')[0] is "A" or "PWD" or "SHLVL" or "_" or "OLDPWD"));

        // The shell has the script open itself, at 10 or 255.
        Assert.That(
            lines[^1].Split(' ').Select(descriptor => int.Parse(descriptor, CultureInfo.InvariantCulture)),
            Is.SubsetOf([0, 1, 2, 3, 10, 255]));
    }

    [Test]
    public async Task Run_ThatDoesNotEnd_IsKilledWithWhatItStarted()
    {
        var time = new FakeTimeProvider();
        using var pipe = new HeldPipe(_tree);
        var running = ToolRunner.RunAsync(Trust(pipe.Script), [], "", Long, time, CancellationToken.None);
        await pipe.StartedAsync();

        time.Advance(Long);
        var result = await running.DefaultTimeout();

        Assert.That(result, Is.EqualTo(new ToolResult(null, "it did not end within 30 s") { IsHung = true }));
        await pipe.AssertEndsAsync();
    }

    [Test]
    public async Task Run_ThatLeavesSomethingBehind_DoesNotWaitForIt()
    {
        var result = await RunAsync("sleep 1000 &\necho $!").DefaultTimeout();

        ProcessIdentity.Of(int.Parse(result.Output, CultureInfo.InvariantCulture))?.Kill();
        Assert.That(result.IsDone);
    }

    [Test]
    public async Task Run_ThatPrintsALot_KeepsTheBeginning()
    {
        var result = await RunAsync("echo first; i=0; while [ $i -lt 30000 ]; do echo 0123456789; i=$((i+1)); done");

        Assert.That(result.IsDone);
        Assert.That(result.Output, Does.StartWith("first\n0123456789").And.Length.LessThanOrEqualTo(64 * 1024));
    }

    [Test]
    public async Task Run_OfWhatCannotBeRun_SaysWhy()
    {
        var program = _tree.Write("program", "#!/bin/sh\n");
        var trusted = TrustedProgram.Check(program, ImmutableDictionary<string, string>.Empty, new ProgramTrust(TemporaryTree.AsRootHasIt), out _)!;

        var result = await ToolRunner.RunAsync(trusted, [], "", Long, TimeProvider.System, CancellationToken.None);

        Assert.That(result, Is.EqualTo(new ToolResult(null, $"'{program}' could not be started: Permission denied")));
    }

    private Task<ToolResult> RunAsync(
        string script, string input = "", string[]? arguments = null, (string Name, string Value)? environment = null)
    {
        var program = Trust(script);
        program = environment is var (name, value) ? program.With(name, value) : program;
        return ToolRunner.RunAsync(program, arguments ?? [], input, Long, TimeProvider.System, CancellationToken.None);
    }

    private TrustedProgram Trust(string script) => TrustedProgram.Check(
        _tree.WriteProgram("program", $"#!/bin/sh\n{script}\n"), ImmutableDictionary<string, string>.Empty,
        new ProgramTrust(TemporaryTree.AsRootHasIt), out _)!;
}

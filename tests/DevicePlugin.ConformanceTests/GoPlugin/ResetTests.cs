using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>
/// The command that resets a GPU, with the plugin running and not running. A script stands in for nvidia-smi; the node of the
/// GPU is a link to one of the kernel's, which the test's processes can open.
/// </summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable] // With other fixtures only: a reset that one test runs keeps the next one from beginning.
internal sealed class ResetTests
{
    private const int Bad = 3;
    private const string Node = "/dev/full";
    private const string Success = "echo 'GPU 00000000:1A:00.0 was successfully reset.'; echo 'All done.'";
    private const string InUse = "echo 'The following GPUs could not be reset:'; echo '  GPU 00000000:1A:00.0: In use by another client'; exit 255";

    private RootFolder _root = null!;
    private MockedNode _node = null!;
    private int? _held;

    private string Calls => _root.Locate("calls");

    private string Uuid => _node.Uuid(Bad);

    [SetUp]
    public void SetUp()
    {
        _root = new RootFolder();
        _node = new MockedNode { DriverRoot = _root.Locate("") };
        _node.LinkNode(Bad, Node);
    }

    [TearDown]
    public void TearDown()
    {
        if (_held is { } id)
        {
            Process.GetProcessById(id).Kill();
        }

        _node?.Dispose();
        _root?.Dispose();
    }

    [Test]
    public async Task Reset_OfAGpuThatTheDriverWantsReset_PutsItBackIntoService_AndTheOthersStay()
    {
        _node.Breaks(Bad);
        Tool(Heals + Success);

        var run = await _node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", _node.Runs("reset", Uuid[..12], "--json"), "Await", "Kill");

        run.AssertEveryStepSucceeded();
        using var report = Report(run.Step("Run"));
        var root = report.RootElement;
        Assert.That(root.GetProperty("problem").GetString(), Is.Null, run.Logs);
        Assert.That(
            (root.GetProperty("schema_version").GetInt32(), root.GetProperty("done").GetBoolean(), root.GetProperty("was_reset").GetBoolean(),
                root.GetProperty("done_by").GetString(), root.GetProperty("cordon").GetString()),
            Is.EqualTo((1, true, true, "plugin", (string?)null)));
        Assert.That(
            root.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("step").GetString()),
            Is.EqualTo(["gpu", "check", "cordon", "release", "reset", "probe"]));
        Assert.That(File.ReadAllLines(Calls), Is.EqualTo([$"--gpu-reset -i {_node.PciAddress(Bad)}"]));
        Assert.That(run.Step("Fingerprint").Described.Keys, Is.EqualTo([Uuid]));
        Assert.That(run.Step("Await").Described, Is.Empty);
        Assert.That(run.Logs, Does.Contain("ran \\\"reset begin\\\"").And.Contains("ran \\\"reset end\\\"").And.Contains("was reset"));
        Assert.That(run.Logs, Does.Not.Contain("The driver cannot be used"));
        Assert.That(File.ReadAllText(_root.Locate("environment")), Does.Not.Contain("HWMOCKS").And.Not.Contain("TMPDIR"));
    }

    [Test]
    public async Task Reset_SecondAttempt_Succeeds()
    {
        Tool($"[ $(wc -l < {Calls}) -ge 2 ] || {{ {InUse}; }}\n{Success}");

        var run = await _node.RunAsync("Launch", "SetConfig", "Fingerprint", _node.Runs("reset", "3", "--json"), "Kill");

        run.AssertEveryStepSucceeded();
        using var report = Report(run.Step("Run"));
        Assert.That(report.RootElement.GetProperty("done").GetBoolean(), Is.True, run.Step("Run").ToString());
        Assert.That(report.RootElement.GetProperty("attempts").GetInt32(), Is.EqualTo(2));
        Assert.That(File.ReadAllLines(Calls), Has.Length.EqualTo(2));
    }

    [TestCase(InUse, 2, "In use by another client")]
    [TestCase("echo \"GPU Reset couldn't run because GPU 00000000:01:00.0 is the primary GPU.\"; exit 8", 1, "drives the console or a desktop")]
    [TestCase("echo 'These GPUs have NVLink connections and must also be reset: 00000000:1B:00.0'; exit 255", 1, "Fabric Manager must run")]
    [TestCase("echo 'is not supported.'; echo 'Treating as warning and moving on.'; echo 'All done.'", 1, "cannot be reset by the driver")]
    [TestCase("exec sleep 1000", 1, "did not end within")]
    public async Task Reset_ThatFails_SaysWhy_AndTheGpuStaysCordoned(string script, int attempts, string text)
    {
        Tool(script);

        var run = await _node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", _node.Runs("reset", "3", "--timeout", "4s"), "Await=nomad-device-gpu reset: ", "Kill");

        run.AssertEveryStepSucceeded();
        var step = run.Step("Run").Result;
        Assert.That(step.GetProperty("exit_code").GetInt32(), Is.EqualTo(1));
        Assert.That(step.GetProperty("errors").GetString(), Does.StartWith("Not done: nvidia-smi: ").And.Contains(text).And.Contains("It stays cordoned by root"));
        Assert.That(File.ReadAllLines(Calls), Has.Length.EqualTo(attempts));
        var (id, description) = run.Step("Await").Described.Single();
        Assert.That(id, Is.EqualTo(Uuid));
        Assert.That(description, Does.StartWith("cordoned by root since ").And.Contains("nomad-device-gpu reset: nvidia-smi: "));
    }

    [Test]
    public async Task Reset_WithoutEffect_LeavesTheGpuCordoned_AndUncordonEndsThat()
    {
        _node.Breaks(Bad);
        Tool(Success);

        var run = await _node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", _node.Runs("reset", "3"), "Await=nomad-device-gpu reset: ", _node.Runs("uncordon", "3"), "Kill");

        run.AssertEveryStepSucceeded();
        var errors = run.Step("Run").Result.GetProperty("errors").GetString();
        Assert.That(errors, Does.StartWith("Not done: the GPU was reset and is not healthy: GPU needs a recovery").And.Contains("It stays cordoned by root"));
        Assert.That(run.Step("Run", 1).Result.GetProperty("output").GetString(), Does.Contain("uncordoned; it was cordoned by root"));
    }

    [Test]
    public async Task Reset_OfAGpuThatAProcessHasOpen_IsRefused_AndNothingIsChanged()
    {
        Tool(Success);
        using var holder = Hold();
        _held = holder.Id;
        _node.ShowProcess(holder.Id);
        var run = await _node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", _node.Runs("reset", "3", "--json"), _node.Runs("reset", "3", "--dry-run"),
            $"Reserve={Uuid}", "Kill");

        run.AssertEveryStepSucceeded();
        using var report = Report(run.Step("Run"));
        Assert.That(
            report.RootElement.GetProperty("problem").GetString(),
            Is.EqualTo($"a process has the GPU open: {holder.Id} sleep; cordon the GPU, and wait until they have ended or stop them"));
        Assert.That(report.RootElement.GetProperty("holders")[0].GetProperty("pid").GetInt32(), Is.EqualTo(holder.Id));
        Assert.That(run.Step("Run", 1).Result.GetProperty("exit_code").GetInt32(), Is.EqualTo(1));
        Assert.That(File.Exists(Calls), Is.False);
    }

    [Test]
    public async Task Reset_DryRun_ShowsTheStepsAndChangesNothing()
    {
        Tool(Success);

        var run = await _node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", _node.Runs("reset", "3", "--dry-run"), $"Reserve={Uuid}", "Kill",
            _node.Runs("reset", "3", "--dry-run"));

        run.AssertEveryStepSucceeded();
        foreach (var number in new[] { 0, 1 })
        {
            var step = run.Step("Run", number).Result;
            Assert.That(step.GetProperty("exit_code").GetInt32(), Is.Zero, step.ToString());
            Assert.That(step.GetProperty("output").GetString(), Does.Contain($"would run: nvidia-smi --gpu-reset -i {_node.PciAddress(Bad)}"));
            Assert.That(step.GetProperty("errors").GetString(), Does.StartWith("Nothing was changed."));
        }

        Assert.That(File.Exists(Calls), Is.False);
    }

    [Test]
    public async Task Reset_OfAGpuThatIsCordoned_KeepsThatCordon()
    {
        Tool(Success);

        var run = await _node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", _node.Runs("cordon", "3", "--reason", "RMA-123"), _node.Runs("reset", "3"),
            "Await=RMA-123", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.Step("Run", 1).Result.GetProperty("output").GetString(), Does.Match("probe +healthy. It stays cordoned by root since .*: RMA-123"));
    }

    [Test]
    public async Task Reset_WhoseCommandIsKilled_GivesTheDriverBack_AndTheGpuStaysCordoned()
    {
        Tool("kill -9 $PPID");

        var run = await _node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", _node.Runs("reset", "3"), "Await=did not finish it",
            $"Reserve={_node.Uuid(Bad + 1)}", "Stats", $"Reserve={Uuid}", "Kill");

        Assert.That(run.Steps.Where(step => !step.Succeeded).Select(step => step.Name), Is.EqualTo(["Reserve"]), run.Logs);
        Assert.That(run.Step("Reserve", 1).ErrorMessage, Does.Contain("cordoned by root"));
        Assert.That(run.Logs, Does.Contain("The driver is taken back from process"));
    }

    [Test]
    public async Task Reset_ThatIsInterrupted_EndsTheTool_AndTheGpuStaysCordoned()
    {
        Tool($"echo $$ > {_root.Locate("tool")}; kill -INT $PPID; exec sleep 1000");

        var run = await _node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", _node.Runs("reset", "3"), "Await=it was interrupted", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.Step("Run").Result.GetProperty("exit_code").GetInt32(), Is.EqualTo(130));
        Assert.That(run.Step("Run").Result.GetProperty("output").GetString(), Does.Contain("end      it was interrupted: the GPU stays cordoned"));
        Assert.That(Directory.Exists($"/proc/{File.ReadAllText(_root.Locate("tool")).Trim()}"), Is.False);
    }

    [Test]
    public async Task Reset_WhosePluginIsKilled_LeavesTheGpuCordoned_AndTheNextPluginHoldsThat()
    {
        Tool($"kill -9 $(cat {_root.Locate("plugin")})\n{Success}");

        var run = await _node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", NotesPlugin(), _node.Runs("reset", "3"), "Crash", "Launch", "SetConfig", "Fingerprint",
            $"Reserve={Uuid}", "Kill");

        Assert.That(run.Steps.Where(step => !step.Succeeded).Select(step => step.Name), Has.Exactly(1).EqualTo("Reserve"), run.Logs);
        Assert.That(
            run.Step("Run", 1).Result.GetProperty("errors").GetString(),
            Does.StartWith("Not done: the GPU was reset. It stays cordoned, because the plugin has ended"));
        Assert.That(run.Step("Fingerprint", 1).Described[Uuid], Does.Contain("nomad-device-gpu reset: running, process "));
    }

    [Test]
    public async Task Reset_WhosePluginIsStartedAgainMeanwhile_KeepsTheDriverClosed_AndEndsAsAnyOther()
    {
        var (started, finish, output) = (_root.Locate("started"), _root.Locate("finish"), _root.Locate("output"));
        Tool($"touch {started}; while [ ! -e {finish} ]; do sleep 0.1; done\n{Success}");

        var run = await _node.RunAsync(
            "Launch", "SetConfig", "Fingerprint",
            $"Run=/bin/sh|-c|exec >{output} 2>&1; {_node.Runs("reset", "3")["Run=".Length..].Replace('|', ' ')} &",
            $"Run=/bin/sh|-c|until [ -e {started} ]; do sleep 0.1; done", "Crash",
            "Launch", "SetConfig", "Fingerprint", _node.Runs("uncordon", Uuid), _node.Replaces(finish, ""),
            $"Run=/bin/sh|-c|until grep -q -e ^probe -e ^end {output}; do sleep 0.1; done", "Kill");

        run.AssertEveryStepSucceeded();
        var described = run.Step("Fingerprint", 1).Described;
        Assert.That(described, Has.Count.EqualTo(8), run.Logs);
        Assert.That(described[Uuid], Does.Contain("nomad-device-gpu reset: running, process "));
        Assert.That(described[_node.Uuid(0)], Does.StartWith($"GPU \"{Uuid}\" is being reset by process "));
        Assert.That(run.Step("Run", 2).Result.GetProperty("errors").GetString(), Does.Contain("is being reset by process"));
        Assert.That(run.Logs, Does.Contain("the driver is not opened until that is over"));
        Assert.That(File.ReadAllText(output), Does.Contain("probe    healthy, and in service again"));
        Assert.That(File.ReadAllLines(Calls), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Reset_WithoutRoot_IsRefused()
    {
        var nobody = Prerequisite.Command("setpriv", "util-linux");

        var run = await _node.RunAsync("Run=" + string.Join(
            '|', nobody, "--reuid=65534", "--clear-groups", Repository.Executable(), "reset", "3", "--json"));

        run.AssertEveryStepSucceeded();
        using var report = Report(run.Step("Run"));
        Assert.That(report.RootElement.GetProperty("problem").GetString(), Does.StartWith("this command needs root"));
    }

    [Test]
    public async Task Reset_WhilePluginDoesNotRun_Works_AndAFailureIsCordonedInTheFirstMessage()
    {
        _node.Breaks(Bad);
        Tool($"[ -e {_root.Locate("heal")} ] || {{ echo 'Unknown Error'; exit 255; }}\n{Heals}{Success}");

        var run = await _node.RunAsync(
            _node.Runs("reset", "3", "--timeout", "4s"), "Launch", "SetConfig", "Fingerprint", "Kill",
            _node.Replaces(_root.Locate("heal"), ""), _node.Runs("reset", "3", "--json"), "Launch", "SetConfig", "Fingerprint", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.Step("Run").Result.GetProperty("errors").GetString(), Does.StartWith("Not done: nvidia-smi: exit code 255: Unknown Error"));
        Assert.That(run.Step("Fingerprint").Described[Uuid], Does.Contain("nomad-device-gpu reset: nvidia-smi"));
        using var report = Report(run.Step("Run", 1));
        Assert.That(report.RootElement.GetProperty("problem").GetString(), Is.Null);
        Assert.That(report.RootElement.GetProperty("done_by").GetString(), Is.EqualTo("record"));
        Assert.That(run.Step("Fingerprint", 1).Described, Is.Empty);
    }

    [Test]
    public async Task Reset_ByAToolThatOthersMayWrite_IsRefused_AndDoctorNamesIt()
    {
        Tool(Success);
        var tool = _root.Locate("usr/bin/nvidia-smi");
        File.SetUnixFileMode(tool, File.GetUnixFileMode(tool) | UnixFileMode.GroupWrite);

        var run = await _node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", _node.Runs("reset", "3"), _node.Runs("doctor"), "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(
            run.Step("Run").Result.GetProperty("errors").GetString(),
            Does.StartWith($"Not done: nvidia-smi is not trusted: \"{tool}\" is writable by users other than root"));
        Assert.That(run.Step("Run", 1).Result.GetProperty("output").GetString(), Does.Contain("warn  driver-programs"));
        Assert.That(File.Exists(Calls), Is.False);
    }

    [Test]
    public async Task Reset_OfAGpuWithMigInstances_IsRefused()
    {
        using var node = new MockedNode("dgx-a100-mig") { DriverRoot = _root.Locate("") };
        Tool(Success);

        var run = await node.RunAsync("Launch", "SetConfig", "Fingerprint", node.Runs("reset", "6"), "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(
            run.Step("Run").Result.GetProperty("errors").GetString(),
            Does.Match("Not done: it has \\d+ MIG instances, which must be removed first: nvidia-smi mig -i "));
        Assert.That(File.Exists(Calls), Is.False);
    }

    // What a reset does to the scenario is what it does to a GPU.
    private string Heals => $"cp {_node.Whole} {_node.Scenario}.new; mv {_node.Scenario}.new {_node.Scenario}\n";

    private void Tool(string script) => _root.Write(
        "usr/bin/nvidia-smi", $"#!/bin/sh\necho \"$*\" >> {Calls}\n/usr/bin/env > {_root.Locate("environment")}\n{script}");

    // The host started it, and the command's parent is the host.
    private string NotesPlugin() => "Run=" + string.Join(
        '|', "/bin/sh", "-c",
        "for p in /proc/[0-9]*; do if [ \"$(readlink $p/exe)\" = \"$0\" ] && [ \"$(cut -d' ' -f4 $p/stat)\" = $PPID ]; then "
        + $"echo ${{p#/proc/}} > {_root.Locate("plugin")}; fi; done",
        Repository.Executable());

    // By a path of its own, as a container has it.
    private static Process Hold() => Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec sleep 1000 3< {Node}"]))!;

    private static JsonDocument Report(GoHostStep step) => JsonDocument.Parse(step.Result.GetProperty("output").GetString()!);
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Nodes;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>What an operator does on a node, with the plugin running and not running, as Nomad sees it.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class OperatorTests
{
    private const int Bad = 3;

    private DirectoryInfo? _renamed;

    [TearDown]
    public void TearDown()
    {
        _renamed?.Delete(recursive: true);
        _renamed = null;
    }

    [Test]
    public async Task Cordon_WhileThePluginServes_HoldsOverACrash_UntilUncordon()
    {
        using var node = new MockedNode();
        var uuid = node.Uuid(Bad);

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Runs("cordon", uuid, "--reason", "RMA-123", "--json"),
            "Await=cordoned by root since", $"Reserve={uuid}", "Crash",
            "Launch", "SetConfig", "Fingerprint", node.Runs("uncordon", "3"), "Await", $"Reserve={uuid}", "Kill");

        Assert.That(run.Steps.Where(step => !step.Succeeded).Select(step => step.Name), Is.EqualTo(new[] { "Reserve" }), run.Logs);
        var (exitCode, output) = Result(run.Step("Run"));
        Assert.That(exitCode, Is.Zero, output);
        using var answer = JsonDocument.Parse(output);
        Assert.That(answer.RootElement.GetProperty("schema_version").GetInt32(), Is.EqualTo(1));
        Assert.That(answer.RootElement.GetProperty("done_by").GetString(), Is.EqualTo("plugin"));
        Assert.That(run.Step("Fingerprint").Described, Is.Empty);
        var (id, text) = run.Step("Fingerprint", 1).Described.Single();
        Assert.That(id, Is.EqualTo(uuid));
        Assert.That(text, Does.Match(@"^cordoned by root since \S+: RMA-123$"));
        Assert.That(Result(run.Step("Run", 1)).Output, Does.StartWith($"{uuid}: uncordoned; it was cordoned by root since "));
        Assert.That(run.Logs, Does.Contain("root (uid 0) ran \\\"cordon\\\": GPU"));
    }

    [Test]
    public async Task Cordon_WhileThePluginDoesNotRun_IsInTheFirstMessage()
    {
        using var node = new MockedNode();
        var uuid = node.Uuid(Bad);

        var run = await node.RunAsync(
            node.Runs("cordon", uuid[..12], "--reason", "board swap"), "Launch", "SetConfig", "Fingerprint", "Kill",
            node.Runs("health", "list", "--json"));

        run.AssertEveryStepSucceeded();
        Assert.That(Result(run.Step("Run")).ExitCode, Is.Zero, run.Logs);
        Assert.That(run.Step("Fingerprint").Described.Single().Key, Is.EqualTo(uuid));
        using var list = JsonDocument.Parse(Result(run.Step("Run", 1)).Output);
        Assert.That(list.RootElement.GetProperty("done_by").GetString(), Is.EqualTo("record"));
        var gpus = list.RootElement.GetProperty("gpus").EnumerateArray().ToList();
        Assert.That(gpus, Has.Count.EqualTo(8));
        Assert.That(
            gpus.Single(gpu => gpu.TryGetProperty("cordon", out _)).GetProperty("uuid").GetString(), Is.EqualTo(uuid));
    }

    [Test]
    public async Task ObserveOnly_SickGpuIsReserved_ACordonedOneIsNot()
    {
        using var node = new MockedNode { HealthKeys = { ["observe_only"] = true } };
        var (sick, cordoned) = (node.Uuid(Bad), node.Uuid(Bad + 1));

        var run = await node.RunAsync(
            node.Logs(node.Xid79(Bad)), "Launch", "SetConfig", "Fingerprint", $"Reserve={sick}",
            node.Runs("cordon", cordoned, "--reason", "RMA-9"), "Await=cordoned by root since", node.Runs("health", "list", "--json"),
            $"Reserve={cordoned}", "Kill");

        Assert.That(run.Steps.Where(step => !step.Succeeded).Select(step => step.ToString()), Has.One.Items, run.Logs);
        Assert.That(run.Step("Reserve", 1).ErrorMessage, Does.Contain("RMA-9"));
        Assert.That(run.Step("Fingerprint").Described[sick], Does.StartWith("not withheld: XID 79: "));
        using var list = JsonDocument.Parse(Result(run.Step("Run", 1)).Output);
        Assert.That(list.RootElement.GetProperty("exceptions")[0].GetProperty("key").GetString(), Is.EqualTo("observe_only"));
        var gpu = list.RootElement.GetProperty("gpus").EnumerateArray().Single(one => one.GetProperty("uuid").GetString() == sick);
        Assert.That(gpu.GetProperty("state").GetString(), Is.EqualTo("reported"));
        Assert.That(gpu.GetProperty("causes")[0].GetProperty("withheld").GetBoolean(), Is.False);
    }

    [Test]
    public async Task Clear_EndsAPastXid_AlsoAfterARestart()
    {
        using var node = new MockedNode();

        var run = await node.RunAsync(
            node.Logs(node.Xid79(Bad)), "Launch", "SetConfig", "Fingerprint", node.Runs("health", "clear", "all"), "Await", "Kill",
            "Launch", "SetConfig", "Fingerprint", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.Step("Fingerprint").Described.Single().Value, Does.StartWith("XID 79"));
        Assert.That(
            Result(run.Step("Run")).Output, Does.Contain($"{node.Uuid(Bad)}: cleared: XID 79: GPU has fallen off the bus"));
        Assert.That(run.Step("Fingerprint", 1).Described, Is.Empty);
    }

    [Test]
    public async Task Cordon_WhatNamesNoGpu_IsRefused()
    {
        using var node = new MockedNode();

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Runs("cordon", "GPU-", "99", "--reason", "x"), "Kill",
            node.Runs("uncordon", "99"));

        run.AssertEveryStepSucceeded();
        Assert.That(Result(run.Step("Run")).ExitCode, Is.EqualTo(1));
        Assert.That(run.Step("Run").Result.GetProperty("errors").GetString(), Does.Contain("names 8 GPUs"));
        Assert.That(Result(run.Step("Run", 1)).ExitCode, Is.EqualTo(1));
    }

    [Test]
    public async Task Cordon_BySudo_IsInTheLogWithWhoCalledIt_WhateverTheVariableHas()
    {
        using var node = new MockedNode();

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint",
            node.RunsAs("alice", "cordon", "1", "--reason", "fan"), "Await=cordoned by alice by sudo since",
            node.RunsAs($"\u001b[2J{new string('m', 5000)}\u202e", "cordon", "2", "--reason", "fan"), "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.Logs, Does.Contain("alice by sudo (uid 0) ran \\\"cordon\\\""));
        Assert.That(Result(run.Step("Run", 1)).Output, Does.Match(@"cordoned by \[2Jm+… by sudo since"));
        Assert.That(
            run.Logs.Split('\n').Where(line => line.Contains("mmmm", StringComparison.Ordinal)).Select(line => line.Length),
            Is.Not.Empty.And.All.LessThan(500));
        Assert.That(File.ReadAllText(Path.Combine(node.Folder, "state", "cordons.json")), Has.Length.LessThan(1000));
    }

    [Test]
    public async Task AnotherStateFolder_TakesOverFromTheFirst_AndCommandsGoToTheOneInForce()
    {
        using var node = new MockedNode();
        var (uuid, other) = (node.Uuid(Bad), Path.Combine(node.Folder, "other"));
        var config = node.Config.Replace(Path.Combine(node.Folder, "state"), other, StringComparison.Ordinal);

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Runs("cordon", uuid, "--reason", "RMA-1"), "Await=RMA-1",
            $"SetConfig=hcl:{config}", "Await", node.Runs("health", "list", "--json"), node.Runs("uncordon", uuid),
            node.RunsWith(other, "cordon", "5", "--reason", "RMA-2"), "Await=RMA-2", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(Result(run.Step("Run", 1)).Output, Does.Contain("\"done_by\":\"record\""), "the first one is nobody's now");
        Assert.That(Result(run.Step("Run", 3)).ExitCode, Is.Zero, Result(run.Step("Run", 3)).Output);
        Assert.That(run.Step("Await", 2).Described.Keys, Is.EqualTo([node.Uuid(5)]));
        Assert.That(Directory.GetFiles(Path.Combine(node.Folder, "state", "requests")), Is.Empty);
    }

    [Test]
    public async Task Plugin_UnderAnotherFileName_IsFound_AndItsFolderIsNamed()
    {
        using var node = new MockedNode { Executable = Renamed("my-gpus") };
        var wrong = Path.Combine(node.Folder, "wrong");

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.RunsWith(wrong, "cordon", "1", "--reason", "x", "--json"), "Kill");

        run.AssertEveryStepSucceeded();
        var (exitCode, output) = Result(run.Step("Run"));
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain("a plugin serves").And.Contain(Path.Combine(node.Folder, "state")));
        Assert.That(File.Exists(Path.Combine(wrong, "cordons.json")), Is.False);
    }

    [Test]
    public async Task Reboot_KeepsCordons_AndDropsWhatARebootClears()
    {
        var proc = Directory.CreateTempSubdirectory("proc-").FullName;
        var bootId = Path.Combine(proc, "sys/kernel/random/boot_id");
        Directory.CreateDirectory(Path.GetDirectoryName(bootId)!);
        File.WriteAllText(bootId, "boot-1\n");

        // The XID is old enough that the driver has had the time to ask for a recovery.
        File.WriteAllText(Path.Combine(proc, "uptime"), "1000.50 3000.00\n");
        using var node = new MockedNode { Keys = $"proc_root = \"{proc}\"" };
        var failed = node.Becomes(scenario => scenario["gpus"]![5]!["remap"] = new JsonObject { ["failed"] = true });

        var run = await node.RunAsync(
            node.Logs(node.Xid79(Bad)), failed, "Launch", "SetConfig", "Fingerprint", node.Runs("cordon", "1", "--reason", "RMA-1"),
            "Await=RMA-1", "Crash", "Launch", "SetConfig", "Fingerprint", "Kill",
            node.Replaces(bootId, "boot-2\n"), node.Replaces(node.KernelLog, ""), "Launch", "SetConfig", "Fingerprint", "Kill");

        Directory.Delete(proc, recursive: true);
        run.AssertEveryStepSucceeded();
        Assert.That(run.Step("Fingerprint", 1).Described.Keys, Is.EquivalentTo([node.Uuid(1), node.Uuid(Bad), node.Uuid(5)]));
        Assert.That(run.Step("Fingerprint", 2).Described.Keys, Is.EquivalentTo([node.Uuid(1), node.Uuid(5)]), "XID 79 is over");
    }

    [TestCase("report_only", """["xid"]""")]
    [TestCase("observe_only", "true")]
    public async Task Exception_IsTheSameEverywhere(string key, string value)
    {
        using var folder = new RootFolder();
        var port = FreePort();
        var calls = folder.Locate("calls");
        using var node = new MockedNode
        {
            HealthKeys = { [key] = JsonNode.Parse(value) },
            Keys = $"metrics {{ address = \"127.0.0.1:{port}\" }}",
            OnChange = folder.Write("on-change", $"#!/bin/sh\n(cat; echo) >> {calls}"),
        };
        var sick = node.Uuid(Bad);

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Logs(node.Xid79(Bad)), "Await=not withheld: XID 79", $"Reserve={sick}",
            node.Runs("health", "list", "--json"), node.Runs("doctor", "--json"), $"Run={Prerequisite.Command("curl", "curl")}|-s|http://127.0.0.1:{port}/metrics",
            $"Run=/bin/sh|-c|for i in $(seq 300); do [ -e {calls} ] && [ $(wc -l < {calls}) -ge 1 ] && exit; sleep 0.1; done; exit 1", "Kill");

        run.AssertEveryStepSucceeded();
        using var list = JsonDocument.Parse(Result(run.Step("Run")).Output);
        var gpu = list.RootElement.GetProperty("gpus").EnumerateArray().Single(one => one.GetProperty("uuid").GetString() == sick);
        Assert.That(gpu.GetProperty("state").GetString(), Is.EqualTo("reported"));
        Assert.That(gpu.GetProperty("causes")[0].GetProperty("withheld").GetBoolean(), Is.False);
        Assert.That(list.RootElement.GetProperty("exceptions")[0].GetProperty("key").GetString(), Is.EqualTo(key));
        using var doctor = JsonDocument.Parse(Result(run.Step("Run", 1)).Output);
        var check = doctor.RootElement.GetProperty("checks").EnumerateArray()
            .Single(one => one.GetProperty("id").GetString() == "health-policy");
        Assert.That(check.GetProperty("status").GetString(), Is.EqualTo("warn"));
        Assert.That(check.GetProperty("seen").GetString(), Does.Contain(key));
        var metrics = Result(run.Step("Run", 2)).Output.Split('\n');
        Assert.That(metrics, Has.Some.Match($"^nomad_device_gpu_health_exception_info\\{{.*{key}.*\\}} 1$"));
        Assert.That(metrics, Has.Some.Match($"^nomad_device_gpu_health_state\\{{.*{sick}.*state=\"reported\".*\\}} 1$"));
        Assert.That(metrics, Has.Some.Match($"^nomad_device_gpu_health_cause\\{{.*{sick}.*withheld=\"false\".*\\}} 1$"));
        using var call = JsonDocument.Parse(File.ReadAllLines(calls)[0]);
        var device = call.RootElement.GetProperty("devices")[0];
        Assert.That(device.GetProperty("state").GetString(), Is.EqualTo("reported"));
        Assert.That(device.GetProperty("withheld").GetBoolean(), Is.False);
        Assert.That(device.GetProperty("causes")[0].GetProperty("withheld").GetBoolean(), Is.False);
    }

    [Test]
    public async Task HookOfAPluginThatWasKilled_IsEndedByTheNext()
    {
        using var folder = new RootFolder();
        var (pid, ended) = (folder.Locate("pid"), folder.Locate("ended"));
        using var node = new MockedNode
        {
            OnChange = folder.Write("on-change", $"#!/bin/sh\necho $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 50"),
        };

        // The plugin notes the process once it runs; killed before that, it leaves nothing for the next one to end.
        var record = Path.Combine(node.Folder, "state", "on-change.pid");
        var waits = $"Run=/bin/sh|-c|for i in $(seq 300); do [ -e {pid} ] && [ -e {record} ] && exit; sleep 0.1; done; exit 1";
        var ends = $"Run=/bin/sh|-c|for i in $(seq 300); do if ! kill -0 $(cat {pid}) 2> /dev/null; then touch {ended}; exit; fi; sleep 0.1; done; exit 1";

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Runs("cordon", "1", "--reason", "x"), waits, "Crash",
            $"Run=/bin/sh|-c|kill -0 $(cat {pid})", "Launch", "SetConfig", ends, "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(Result(run.Step("Run", 2)).ExitCode, Is.Zero, "it outlives the plugin");
        Assert.That(File.Exists(ended), Is.True);
        Assert.That(run.Logs, Does.Contain("that a former plugin process had started was still running"));
    }

    // In an order in which each finds something to do.
    private static readonly string[][] Commands =
        [["cordon", "1", "--reason", "x"], ["health", "list"], ["health", "clear", "all"], ["uncordon", "1"]];

    [Test]
    public async Task EveryCommand_AnswersInJson_WithAPluginAndWithout()
    {
        using var node = new MockedNode();
        var runs = Commands.Select(command => node.Runs([.. command, "--json"])).ToList();

        var run = await node.RunAsync([.. runs, "Launch", "SetConfig", "Fingerprint", .. runs, "Kill"]);

        run.AssertEveryStepSucceeded();
        foreach (var (command, i) in Commands.Concat(Commands).Select((command, i) => (string.Join(' ', command), i)))
        {
            var (exitCode, output) = Result(run.Step("Run", i));
            Assert.That(exitCode, Is.Zero, $"{command}: {output}");
            using var answer = JsonDocument.Parse(output);
            var root = answer.RootElement;
            Assert.That(root.GetProperty("schema_version").GetInt32(), Is.EqualTo(1), command);
            Assert.That(root.GetProperty("done").GetBoolean(), Is.True, command);
            Assert.That(root.GetProperty("done_by").GetString(), Is.EqualTo(i < Commands.Length ? "record" : "plugin"), command);
            Assert.That(root.GetProperty("state_folder").GetString(), Is.EqualTo(Path.Combine(node.Folder, "state")), command);
        }
    }

    [TestCaseSource(nameof(Commands))]
    public async Task EveryCommand_WithoutRoot_IsRefusedPolitely(params string[] command)
    {
        var nobody = Prerequisite.Command("setpriv", "util-linux");
        Prerequisite.Require(Environment.IsPrivilegedProcess, "the user root", "sudo");
        async Task<(int, string, string)> RunAsync(params string[] more)
        {
            using var process = Process.Start(new ProcessStartInfo(
                nobody, ["--reuid=65534", "--regid=65534", "--clear-groups", Repository.Executable(), .. command, .. more])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return (process.ExitCode, await output, await errors);
        }

        var (exitCode, output, errors) = await RunAsync();
        Assert.That((exitCode, output), Is.EqualTo((1, "")), errors);
        Assert.That(errors, Does.StartWith("Not done: this command needs root").And.Contain("run it with sudo"));

        (exitCode, output, errors) = await RunAsync("--json");
        Assert.That(exitCode, Is.EqualTo(1), errors);
        using var answer = JsonDocument.Parse(output);
        Assert.That(answer.RootElement.GetProperty("done").GetBoolean(), Is.False);
        Assert.That(answer.RootElement.GetProperty("problem").GetString(), Does.StartWith("this command needs root"));
    }

    // Whatever it was doing: a record that is half written is never read, and the next command works.
    [Test]
    public async Task Cordon_KilledAtAnyMoment_LeavesARecordThatIsRead()
    {
        using var node = new MockedNode();
        var words = node.Runs("cordon", "1", "--reason", "0")["Run=".Length..].Split('|');
        for (var i = 0; i < 20; i++)
        {
            words[^3] = $"attempt {i}";
            using var process = Process.Start(new ProcessStartInfo(words[0], words[1..])
            {
                RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["HWMOCKS_SCENARIO"] = node.Scenario },
            })!;
            var isDone = process.WaitForExit(TimeSpan.FromMilliseconds(20 + (15 * i)));
            process.Kill();
            await process.WaitForExitAsync();
            Assert.That(isDone && process.ExitCode != 0, Is.False, await process.StandardError.ReadToEndAsync());
        }

        var run = await node.RunAsync(node.Runs("cordon", "2", "--reason", "last"), node.Runs("health", "list", "--json"));

        run.AssertEveryStepSucceeded();
        Assert.That(Result(run.Step("Run")).ExitCode, Is.Zero, run.Step("Run").Result.ToString());
        using var list = JsonDocument.Parse(Result(run.Step("Run", 1)).Output);
        Assert.That(list.RootElement.GetProperty("done").GetBoolean(), Is.True);
        Assert.That(Directory.GetFiles(Path.Combine(node.Folder, "state"), "*.new"), Is.Empty);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string Renamed(string name)
    {
        _renamed = Directory.CreateTempSubdirectory("renamed-");
        var path = Path.Combine(_renamed.FullName, name);
        File.Copy(Repository.Executable(), path);
        return path;
    }

    private static (int ExitCode, string Output) Result(GoHostStep step) =>
        (step.Result.GetProperty("exit_code").GetInt32(), step.Result.GetProperty("output").GetString()!);
}

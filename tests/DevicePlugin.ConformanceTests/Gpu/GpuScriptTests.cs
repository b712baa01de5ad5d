using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Gpu;

/// <summary>
/// tests/gpu/run.sh, which is made for machines with a GPU, on the native mocks and a stand-in for nvidia-smi: it passes on a node
/// that works, and each of its checks can fail.
/// </summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
internal sealed class GpuScriptTests
{
    private const string Uuid = "GPU-5a17c0de-1234-5678-9abc-def012345678";
    private const string ScrubbedUuid = "GPU-00000000-0000-0000-0000-000000000000";
    private const string Serial = "1650000000001";

    private static readonly string Script = Path.Combine(Repository.Root, "tests", "gpu", "run.sh");

    // The script's own limit is four minutes.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(260);

    private RootFolder _root = null!;
    private JsonObject _scenario = null!;

    private string Report => _root.Locate("report");

    [SetUp]
    public void SetUp()
    {
        _root = new RootFolder();
        _scenario = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "hwmocks", "scenarios", "t4.json")))!.AsObject();
        _scenario["gpus"]![0]!["identity"]!["uuid"] = Uuid;
        _root.Write("proc/devices", "Character devices:\n195 nvidia\n511 nvidia-uvm");
        Directory.CreateDirectory(_root.Locate("dev"));
        MakeNode("nvidiactl", 195, 255);
        MakeNode("nvidia0", 195, 0);
        MakeNode("nvidia-uvm", 511, 0);
        Smi(text => text);
    }

    [TearDown]
    public void TearDown() => _root?.Dispose();

    [Test]
    public async Task NodeThatWorks_PassesEveryCheck_AndTheReportCanBePublished()
    {
        var run = await RunAsync("--program", "sleep 0.1");

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(
            Names(run, "ok"),
            Is.EqualTo(
            [
                "version", "probe", "start", "doctor", "fingerprint", "devices", "stats", "samples", "capture", "replay", "replayed",
                "nvidia-smi", "cuda", "plugin-devices", "plugin", "program", "devices-after", "settings",
            ]));
        Assert.That(run.Output, Does.Contain(" 0 differ").And.Contains("2 samples, CPU").And.Contains("ms beside another process"));
        var files = Directory.GetFiles(Report).ToDictionary(file => Path.GetFileName(file), File.ReadAllText);
        Assert.That(files.Keys, Is.SupersetOf(["summary.md", "capture.json", "probe.txt", "stats.txt", "nvidia-smi.txt", "cuda.txt"]));
        Assert.That(files["summary.md"], Does.Contain("ok   plugin").And.Contains("call nvmlDeviceGetTemperature"));

        // A host name of three letters is part of too many words.
        string[] secrets = [Uuid[4..], Serial, .. Environment.MachineName.Length > 3 ? [Environment.MachineName] : Array.Empty<string>()];
        foreach (var secret in secrets)
        {
            Assert.That(files.Where(file => file.Value.Contains(secret, StringComparison.Ordinal)).Select(file => file.Key), Is.Empty, secret);
        }

        Assert.That(Left(), Is.Empty, "processes that were left behind");
    }

    [Test]
    public async Task Faults_AreALineEach_AndTheExitCode()
    {
        _scenario["calls"] = new JsonArray(
            Call("nvmlDeviceRegisterEvents", "UNKNOWN"), Call("nvmlShutdown", "UNKNOWN"), Call("cuInit", 999));
        Smi(text => text.Replace("<total>15360 MiB</total>", "<total>1 MiB</total>", StringComparison.Ordinal));
        File.Delete(_root.Locate("dev/nvidia-uvm"));

        var run = await RunAsync("--program", "exit 3");

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output + run.Errors);
        Assert.That(
            Names(run, "FAIL"), Is.SupersetOf(["probe", "doctor", "nvidia-smi", "cuda", "program"]), run.Output);
        Assert.That(
            run.Output,
            Does.Contain("events-0 nvmlDeviceRegisterEvents answered UNKNOWN").And.Contains("shutdown nvmlShutdown answered UNKNOWN")
                .And.Contains("device-nodes: ").And.Contains("2 differ").And.Contains("CUDA error 999"));
        Assert.That(File.ReadAllText(Path.Combine(Report, "nvidia-smi.txt")), Does.Contain("fb_memory_usage/total"));
        Assert.That(run.Output, Does.Contain("failed. The report is in "));
    }

    [Test]
    public async Task GpuThatIsUnhealthy_AndASettingThatChangesMeanwhile_AreSeen()
    {
        _scenario["gpus"]![0]!["recovery_action"] = "gpu_reset";
        _scenario["calls"] = new JsonArray(Call("nvmlEventSetWait", "TIMEOUT"));

        var run = await RunAsync("--program", $"sed -i 's/\"persistence\":true/\"persistence\":false/' {_root.Locate("scenario.json")}");

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output + run.Errors);
        Assert.That(
            Names(run, "FAIL"), Is.SupersetOf(["probe", "devices", "plugin-devices", "plugin", "devices-after", "settings"]), run.Output);
        Assert.That(run.Output, Does.Contain("nvmlEventSetWait_v2 answered TIMEOUT"));
        Assert.That(run.Output, Does.Match("FAIL devices +1 of 1 are unhealthy: 0000:00:1e.0: ").And.Contains("devices were unhealthy in samples: 2 "));
    }

    [Test]
    public async Task GpuThatTurnsSickWhileThePluginServes_IsSeen()
    {
        var sick = JsonNode.Parse(_scenario.ToJsonString())!;
        sick["gpus"]![0]!["recovery_action"] = "gpu_reset";
        var file = _root.Write("sick.json", sick.ToJsonString());

        // It is run off and on, three times each.
        var count = _root.Locate("count");
        var run = await RunAsync(
            "--program", $"echo >> {count}; [ $(wc -l < {count}) -lt 4 ] || cp {file} {_root.Locate("scenario.json")}", "--seconds", "8");

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output + run.Errors);
        Assert.That(Names(run, "ok"), Is.SupersetOf(["probe", "devices", "plugin-devices"]), run.Output);
        Assert.That(Names(run, "FAIL"), Is.SupersetOf(["devices-after"]), run.Output);
        Assert.That(File.ReadAllText(Path.Combine(Report, "summary.md")), Does.Match("FAIL devices-after +1 of 1 are unhealthy: 0000:00:1e.0: "));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task GpuWhoseCallHangs_IsNamedWithTheCall(bool holdsLock)
    {
        var call = Call("nvmlDeviceGetMemoryInfo", "SUCCESS");
        call.Remove("return");
        call["hang"] = true;
        call["holds_lock"] = holdsLock;
        _scenario["calls"] = new JsonArray(call);

        var run = await RunAsync("--program", "true");

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output + run.Errors);
        Assert.That(Names(run, "FAIL"), Is.SupersetOf(["probe", "devices", "plugin-devices", "devices-after"]), run.Output);
        Assert.That(
            File.ReadAllText(Path.Combine(Report, "summary.md")),
            Does.Contain("hang nvmlDeviceGetMemoryInfo_v2 did not return within 10 s (nvml-gpu0)"));
    }

    [Test]
    public async Task NodeWithoutDriver_IsSaidToHaveNone()
    {
        var run = await RunAsync("--set", "nvml_library=/no/such/library.so");

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output + run.Errors);
        Assert.That(
            Names(run, "FAIL"),
            Is.SupersetOf(["probe", "start", "doctor", "fingerprint", "nvidia-smi", "settings"]), run.Output);
        Assert.That(run.Output, Does.Contain("library /no/such/library.so: there is no such file"));
        Assert.That(File.Exists(Path.Combine(Report, "summary.md")), Is.True);
    }

    [TestCase("", "the executable is missing")]
    [TestCase("/no/such/file", "is not a program")]
    [TestCase("/bin/sh --set novalue", "--set needs KEY=VALUE")]
    [TestCase("/bin/sh --seconds 1000", "--seconds must be 1 to 120")]
    [TestCase("/bin/sh --output /", "cannot be made")]
    [TestCase("/bin/sh --frob", "there is no option --frob")]
    public async Task BadInput_EndsWith2(string arguments, string text)
    {
        var run = await BashAsync([Script, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((2, run.Errors)));
        Assert.That(run.Errors, Does.Contain(text).And.Contains("usage: "));
    }

    private Task<CommandLine.CliRun> RunAsync(params string[] arguments)
    {
        File.WriteAllText(_root.Locate("scenario.json"), _scenario.ToJsonString());
        var library = Prerequisite.File(
            Path.Combine(Repository.Root, "artifacts", "hwmocks", "libnvidia-ml.so.1"), "./build.sh hwmocks");
        return BashAsync(
        [
            Script, Repository.Executable(), "--output", Report, "--seconds", "2", "--set", $"driver_root={_root.Locate("")}",
            "--set", $"dev_root={_root.Locate("dev")}", "--set", $"proc_root={_root.Locate("proc")}",
            .. arguments.Contains("--set") ? arguments : [.. arguments, "--set", $"nvml_library={library}"],
        ]);
    }

    private async Task<CommandLine.CliRun> BashAsync(string[] arguments)
    {
        var start = new ProcessStartInfo("bash", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HWMOCKS_SCENARIO"] = _root.Locate("scenario.json");
        using var limit = new CancellationTokenSource(Limit);
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new CommandLine.CliRun(process.ExitCode, await output, await errors);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private void MakeNode(string name, int major, int minor)
    {
        using var mknod = Process.Start("mknod", [_root.Locate($"dev/{name}"), "c", $"{major}", $"{minor}"]);
        mknod.WaitForExit();
        Assert.That(mknod.ExitCode, Is.Zero);
    }

    private void Smi(Func<string, string> change)
    {
        var capture = File.ReadAllText(Path.Combine(
            Repository.Root, "tests", "DevicePlugin.FunctionalTests", "RealData", "Fixtures", "qx-t4.xml"));
        var file = _root.Write("smi.xml", change(capture.Replace(ScrubbedUuid, Uuid, StringComparison.Ordinal)));
        _root.Write("usr/bin/nvidia-smi", $"#!/bin/sh\n[ \"$*\" = '-q -x' ] && exec cat '{file}'\nexit 2");
    }

    private static JsonObject Call(string function, JsonNode result) =>
        new() { ["id"] = function, ["function"] = function, ["return"] = result };

    private static List<string> Names(CommandLine.CliRun run, string word) => [.. run.Output.Split('\n')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length > 1 && words[0] == word).Select(words => words[1])];

    private List<string> Left() => [.. Directory.GetDirectories("/proc")
        .Where(folder => int.TryParse(Path.GetFileName(folder), out _))
        .Select(folder => TryRead(Path.Combine(folder, "environ")) ?? "")
        .Where(environment => environment.Contains(_root.Locate("scenario.json"), StringComparison.Ordinal))];

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended.
            return null;
        }
    }
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>The hidden command <c>probe nvml</c> on the native mocks.</summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class NvmlProbeTests
{
    private string _folder = "";

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("probe").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task DriverThatWorks_IsOpenedTriedClosedAndOpenedAgain()
    {
        var run = await ProbeAsync("t4", "unmap");

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(
            Lines(run).Select(line => line.Split(' ')[0]).Where(name => name != "call"),
            Is.EqualTo(
            [
                "load", "init", "handle-0", "events-0", "register-while-waiting", "shutdown", "dlclose", "reload", "reinit", "handle-0",
                "shutdown", "dlclose",
            ]));
        Assert.That(Line(run, "events-0"), Does.Match(@"registered in [\d.]+ ms, waited (4\d\d|5\d\d)[\d.]* ms of 500 ms"));
        Assert.That(Line(run, "dlclose"), Does.EndWith("libnvidia-ml.so.1 was unmapped"));
        Assert.That(Line(run, "call nvmlDeviceGetUtilizationRates"), Does.Match(@"\d+x, mean [\d.]+ ms, slowest [\d.]+ ms$"));
    }

    [Test]
    public async Task LibraryThatStays_IsSaidToStay() =>
        Assert.That(Line(await ProbeAsync("t4"), "dlclose"), Does.EndWith("stays mapped"));

    [Test]
    public async Task SlowInit_IsMeasured()
    {
        var run = await ProbeAsync(Faulty("nvmlInit", """{"delay_ms": 700}"""));

        Assert.That(Milliseconds().Match(Line(run, "init")).Groups[1].Value, Is.Not.Empty.And.Length.GreaterThanOrEqualTo(3), run.Output);
    }

    [TestCase("nvmlInit", """{"return": "DRIVER_NOT_LOADED"}""", "init nvmlInit_v2 answered DRIVER_NOT_LOADED")]
    [TestCase("nvmlDeviceGetHandleByIndex", """{"return": "UNKNOWN"}""", "handle-0 nvmlDeviceGetHandleByIndex_v2 answered UNKNOWN")]
    [TestCase("nvmlDeviceRegisterEvents", """{"return": "UNKNOWN"}""", "events-0 nvmlDeviceRegisterEvents answered UNKNOWN")]
    [TestCase("nvmlEventSetWait", """{"return": "TIMEOUT"}""", "events-0 types 0x")]
    [TestCase("nvmlEventSetWait", """{"return": "SUCCESS"}""", "events-0 types 0x")]
    [TestCase("nvmlEventSetCreate", """{"hang": true}""", "hang nvmlEventSetCreate did not return within 1 s (events-0)")]
    [TestCase("nvmlInit", """{"hang": true}""", "hang nvmlInit_v2 did not return within 1 s (init)")]
    [TestCase("nvmlDeviceGetCount", """{"hang": true}""", "hang nvmlDeviceGetCount_v2 did not return within 1 s (gpus)")]
    [TestCase("nvmlEventSetWait", """{"hang": true}""", "hang nvmlEventSetWait_v2 did not return within 1 s (events-0)")]
    [TestCase("nvmlShutdown", """{"hang": true}""", "hang nvmlShutdown did not return within 1 s (shutdown)")]
    [TestCase("nvmlDeviceGetSupportedEventTypes", """{"return": "GPU_IS_LOST"}""", "events-0 nvmlDeviceGetSupportedEventTypes answered GPU_IS_LOST")]
    [TestCase("nvmlShutdown", """{"return": "UNKNOWN"}""", "shutdown nvmlShutdown answered UNKNOWN")]
    [TestCase("nvmlDeviceGetUtilizationRates", """{"return": "UNKNOWN"}""", "call-error nvmlDeviceGetUtilizationRates answered UNKNOWN")]
    public async Task Fault_IsALine_AndFailsTheCommand(string function, string fault, string line)
    {
        var run = await ProbeAsync(Faulty(function, fault));

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output + run.Errors);
        Assert.That(run.Output.Split('\n'), Has.Some.StartsWith($"FAIL {line}"));
    }

    /// <summary>What begins after the first checks, and never ends: no call that ends tells of it.</summary>
    [TestCase("nvmlDeviceGetMemoryInfo", """{"gpu": 1, "hang": true}""", "nvmlDeviceGetMemoryInfo_v2 did not return within 1 s (nvml-gpu1)", "1")]
    [TestCase(
        "nvmlDeviceGetMemoryInfo", """{"gpu": 1, "hang": true, "holds_lock": true}""",
        "nvmlDeviceGetMemoryInfo_v2 did not return within 1 s (nvml-gpu1)", "0 1")]
    [TestCase(
        "nvmlDeviceGetUtilizationRates", """{"gpu": 0, "hang": true}""",
        "nvmlDeviceGetUtilizationRates did not return within 1 s (nvml-gpu0)", "0")]
    [TestCase(
        "nvmlDeviceRegisterEvents", """{"gpu": 1, "hang": true, "after_calls": 1}""",
        "nvmlDeviceRegisterEvents did not return within 1 s (nvml-gpu1)", "1")]
    [TestCase(
        "nvmlEventSetWait", """{"hang": true, "after_calls": 3}""", "nvmlEventSetWait_v2 did not return within 1.5 s (nvml-events GPU-", "")]
    public async Task CallThatHangsWhileThePluginReads_IsALine_AsIsTheGpu(string function, string fault, string line, string gpus)
    {
        var run = await ProbeAsync(Faulty(function, fault, gpus: 2));

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output + run.Errors);
        Assert.That(run.Output.Split('\n').First(text => text.StartsWith("FAIL", StringComparison.Ordinal)), Does.StartWith($"FAIL hang {line}"));
        Assert.That(
            Lines(run).Where(text => text.StartsWith("device GPU ", StringComparison.Ordinal)).Select(text => text.Split(' ')[2]),
            Is.EqualTo(gpus.Split(' ', StringSplitOptions.RemoveEmptyEntries)), run.Output);
    }

    [Test]
    public async Task CallThatIsOnlySlow_IsNoFailure()
    {
        var run = await ProbeAsync(Faulty("nvmlDeviceGetUtilizationRates", """{"gpu": 0, "delay_ms": 400}""", gpus: 2));

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
    }

    [TestCase("""{"state": "lost"}""", "handle-1 nvmlDeviceGetHandleByIndex_v2 answered GPU_IS_LOST")]
    [TestCase("""{"recovery_action": "gpu_reset"}""", "device GPU 1 (0000:64:00.0): ")]
    public async Task SickGpu_IsALine(string condition, string line)
    {
        var path = Faulty("nvmlNone", "{}", gpus: 2);
        var scenario = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        var (key, value) = JsonNode.Parse(condition)!.AsObject().Single();
        scenario["gpus"]![1]![key] = value!.DeepClone();
        scenario["calls"] = new JsonArray();
        await File.WriteAllTextAsync(path, scenario.ToJsonString());

        var run = await ProbeAsync(path);

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output + run.Errors);
        Assert.That(run.Output.Split('\n'), Has.Some.StartsWith($"FAIL {line}"));
    }

    [TestCase("no-gpu", "gpus the driver is loaded and has no GPU")]
    public async Task NodeWithoutGpu_IsALine(string scenario, string line)
    {
        var run = await ProbeAsync(scenario);

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output + run.Errors);
        Assert.That(run.Output.Split('\n'), Has.Some.StartsWith($"FAIL {line}"));
    }

    [Test]
    public async Task GpuThatTheKernelListsAlone_IsALine()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "driver", "nvidia", "gpus", "0000:99:00.0"));
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "driver", "nvidia", "gpus", "0000:99:00.0", "information"),
            "Model: \t\t Tesla T4\nGPU UUID: \t GPU-11111111-2222-3333-4444-555555555555\nBus Location: \t 0000:99:00.0\nGPU Excluded:\t No\n");

        var run = await ProbeAsync("t4");

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output + run.Errors);
        Assert.That(run.Output, Does.Match(@"FAIL device GPU .*0000:99:00\.0\): .*the kernel lists it at 0000:99:00\.0, but NVML does not"));
    }

    [Test]
    public async Task NoLibrary_IsALine()
    {
        var run = await PluginProcess.RunAsync(null, "probe", "nvml", "--nvml-library", "/no/such/library.so");

        Assert.That((run.ExitCode, run.Output.Trim()), Is.EqualTo((1, "FAIL library /no/such/library.so: there is no such file")));
    }

    [Test]
    public async Task Hold_OpensAndClosesOnly()
    {
        var run = await PluginProcess.RunAsync(
            PluginProcess.BuiltIn("t4"), "probe", "nvml", "--hold", "0", "--nvml-library", PluginProcess.MockLibrary());

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(
            Lines(run).Select(line => line.Split(' ')[0]),
            Is.EqualTo(["load", "init", "handle-0", "held", "shutdown", "dlclose"]));
    }

    [TestCase("--scenario", "t4")]
    [TestCase("--hold", "-1")]
    public async Task BadInput_EndsWith2(params string[] arguments)
    {
        var run = await PluginProcess.RunAsync(null, ["probe", "nvml", .. arguments]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
    }

    [Test]
    public async Task Help_DoesNotNameIt()
    {
        var run = await PluginProcess.RunAsync(null, "--help");

        Assert.That(run.Output, Does.Contain("\n  capture ").And.Not.Contain("\n  probe "));
    }

    private string Faulty(string function, string fault, int gpus = 1)
    {
        var path = Path.Combine(_folder, "scenario.json");
        var scenario = JsonNode.Parse(MockNode.BuiltIn(gpus == 1 ? "t4" : "dgx-h100"))!;
        scenario["gpus"] = new JsonArray([.. scenario["gpus"]!.AsArray().Take(gpus).Select(gpu => gpu!.DeepClone())]);
        var call = JsonNode.Parse(fault)!;
        call["id"] = "fault";
        call["function"] = function;
        scenario["calls"] = new JsonArray(call);
        File.WriteAllText(path, scenario.ToJsonString());
        return path;
    }

    private async Task<PluginProcess> ProbeAsync(string scenario, string build = "")
    {
        var config = Path.Combine(_folder, "config.json");
        await File.WriteAllTextAsync(
            config,
            $$$"""
            {"nvml_library": "{{{PluginProcess.MockLibrary(build)}}}", "state_dir": "{{{_folder}}}", "proc_root": "{{{_folder}}}",
             "health": {"kernel_log": false, "call_timeout": "1s"}}
            """);
        return await PluginProcess.RunAsync(
            Path.IsPathRooted(scenario) ? scenario : PluginProcess.BuiltIn(scenario), "probe", "nvml", "--config", config);
    }

    private static IEnumerable<string> Lines(PluginProcess run) =>
        run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[5..]);

    private static string Line(PluginProcess run, string name) =>
        Lines(run).First(line => line.StartsWith($"{name} ", StringComparison.Ordinal));

    [GeneratedRegex(@"^init (\d+)\.")]
    private static partial Regex Milliseconds();
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>The hidden command <c>probe nvml</c> on the native mocks.</summary>
[Platform("Linux")]
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
    [TestCase("nvmlEventSetCreate", """{"hang": true}""", "hang nvmlEventSetCreate did not return within 1 s")]
    [TestCase("nvmlInit", """{"hang": true}""", "hang nvmlInit_v2 did not return within 1 s")]
    [TestCase("nvmlShutdown", """{"return": "UNKNOWN"}""", "shutdown nvmlShutdown answered UNKNOWN")]
    [TestCase("nvmlDeviceGetUtilizationRates", """{"return": "UNKNOWN"}""", "call-error nvmlDeviceGetUtilizationRates answered UNKNOWN")]
    public async Task Fault_IsALine_AndFailsTheCommand(string function, string fault, string line)
    {
        var run = await ProbeAsync(Faulty(function, fault));

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output + run.Errors);
        Assert.That(run.Output.Split('\n'), Has.Some.StartsWith($"FAIL {line}"));
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

    private string Faulty(string function, string fault)
    {
        var path = Path.Combine(_folder, "scenario.json");
        var scenario = JsonNode.Parse(MockNode.BuiltIn("t4"))!;
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
            {"nvml_library": "{{{PluginProcess.MockLibrary(build)}}}", "state_dir": "{{{_folder}}}",
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

using System.Text.Json;
using DevicePlugin.FunctionalTests.Nvml;

namespace DevicePlugin.FunctionalTests.Doctor;

/// <summary>The executable's <c>doctor</c>: on the native mocks, on fake nodes, and on this machine as it is.</summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DoctorCommandTests
{
    private string _folder = "";

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("doctor").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task FakeNode_AnswersEveryCallAndWarnsOfIt()
    {
        var run = await PluginProcess.RunAsync(null, "doctor", "--scenario", "dgx-h100", "--json", "--root", _folder);

        Assert.Multiple(() =>
        {
            Assert.That(run.Errors, Is.Empty);
            Assert.That(StatusOf(run, "round-trip"), Is.EqualTo("pass"), run.Output);
            Assert.That(SeenBy(run, "clock"), Does.Contain("sample"));
            Assert.That(SeenBy(run, "gpus"), Is.EqualTo(
                "8 devices, 8 fit for tasks, simulated by the scenario dgx-h100"));
        });
    }

    [Test]
    public async Task MockNode_WithoutItsNodes_FailsForThoseOnly()
    {
        var run = await RunOnMockAsync(PluginProcess.BuiltIn("dgx-h100"), "");

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(1));
            Assert.That(SeenBy(run, "nvml-library"), Does.EndWith("(NVML 13.580.105.08)"));
            Assert.That(SeenBy(run, "driver"), Is.EqualTo("driver 580.105.08, CUDA 13.0"));
            Assert.That(SeenBy(run, "gpus"), Is.EqualTo("8 devices, 8 fit for tasks"));
            Assert.That(Failed(run), Is.EqualTo(new[] { "device-nodes" }), run.Output);
        });
    }

    [Test]
    public async Task OldDriver_LacksFunctionsAndPasses()
    {
        var run = await RunOnMockAsync(PluginProcess.BuiltIn("old-driver"), "r470");

        Assert.That(StatusOf(run, "nvml-symbols"), Is.EqualTo("warn"), run.Output);
        Assert.That(StatusOf(run, "driver"), Is.EqualTo("pass"), run.Output);
    }

    [Test]
    public async Task GpuThatCannotBeRead_IsNamedWithItsCause()
    {
        var scenario = Path.Combine(_folder, "scenario.json");
        await File.WriteAllTextAsync(scenario, MockScenario.WithCall(
            MockNode.BuiltIn("dgx-h100"), "nvmlDeviceGetName", 2, """{"return": "UNKNOWN"}"""));

        var run = await RunOnMockAsync(scenario, "");

        Assert.That(StatusOf(run, "gpus"), Is.EqualTo("fail"), run.Output);
        Assert.That(
            SeenBy(run, "gpus"),
            Does.StartWith("8 devices, 7 fit for tasks").And.Contain("nvmlDeviceGetName answered UNKNOWN"));
    }

    [Test]
    public async Task GpuWhoseStatisticsHang_FailsTheRoundTrip()
    {
        var scenario = Path.Combine(_folder, "scenario.json");
        await File.WriteAllTextAsync(scenario, MockScenario.WithCall(
            MockNode.BuiltIn("dgx-h100"), "nvmlDeviceGetTemperature*", 2, """{"hang": true}"""));

        var run = await RunOnMockAsync(scenario, "");

        Assert.That(StatusOf(run, "round-trip"), Is.EqualTo("fail"), run.Output);
        Assert.That(SeenBy(run, "round-trip"), Does.StartWith("no statistics came within 1 s of GPU-").And.Not.Contain("more"));
    }

    [Test]
    public async Task NoDriver_FailsAndStillTellsTheRest()
    {
        var run = await PluginProcess.RunAsync(null, "doctor", "--nvml-library", "/no/such/library.so", "--root", _folder);

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(1));
            Assert.That(run.Errors, Is.Empty);
            Assert.That(run.Output, Does.Contain("FAIL  nvml-library").And.Contain("/no/such/library.so"));
            Assert.That(run.Output, Does.Match(@"\n\d+ checks: (.|\n)*, 2 fail \(nvml-library,\s+driver\)"));
            Assert.That(run.Output.Split('\n'), Has.All.Length.AtMost(80));
        });
    }

    [Test]
    public async Task AgentConfig_IsTheConfigurationThatIsJudged()
    {
        var agent = Path.Combine(_folder, "nomad.hcl");
        await File.WriteAllTextAsync(agent, """
            client { enabled = true }
            plugin_dir = "/plugins" # under --root
            plugin "nomad-device-gpu" {
              config {
                backend            = "fake"
                fingerprint_period = "0s"
                fake { scenario = "t4" }
              }
            }
            """);
        Directory.CreateDirectory(Path.Combine(_folder, "plugins"));

        var run = await PluginProcess.RunAsync(null, "doctor", "--agent-config", agent, "--json", "--root", _folder);

        Assert.Multiple(() =>
        {
            Assert.That(SeenBy(run, "config"), Does.Contain("outside 1s to 24h"));
            Assert.That(SeenBy(run, "gpus"), Does.Contain("simulated by the scenario t4"));
            Assert.That(SeenBy(run, "plugin-dir"), Is.EqualTo("/plugins has no nomad-device-gpu"));
            Assert.That(Failed(run), Is.EqualTo(new[] { "plugin-dir" }), run.Output);
        });
    }

    [Test]
    public async Task ConfigWithErrors_FailsWithEachOfThem()
    {
        var config = Path.Combine(_folder, "config.json");
        await File.WriteAllTextAsync(config, """{"backend":"cuda","log_level":"loud"}""");

        var run = await PluginProcess.RunAsync(null, "doctor", "--config", config, "--json", "--root", _folder);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(SeenBy(run, "config"), Does.Contain("backend = \"cuda\"").And.Contain("log_level = \"loud\""));
        Assert.That(SeenBy(run, "round-trip"), Does.Contain("SetConfig"));
    }

    [TestCase("--root", "/no/such/folder")]
    [TestCase("--agent-config", "/no/such/file.hcl")]
    [TestCase("--config", "/no/such/file.json")]
    [TestCase("--scenario", "no-such-scenario")]
    public async Task Option_ThatNamesNothing_IsBadInput(string option, string value)
    {
        var run = await PluginProcess.RunAsync(null, "doctor", option, value);

        Assert.That(run.ExitCode, Is.EqualTo(2), run.Output);
        Assert.That(run.Errors, Does.Contain(value));
    }

    private Task<PluginProcess> RunOnMockAsync(string scenario, string build) => PluginProcess.RunAsync(
        scenario, "doctor", "--json", "--root", _folder,
        "--nvml-library", PluginProcess.MockLibrary(build));

    private static string StatusOf(PluginProcess run, string id) => Find(run, id).GetProperty("status").GetString()!;

    private static string SeenBy(PluginProcess run, string id) => Find(run, id).GetProperty("seen").GetString()!;

    private static IEnumerable<string> Failed(PluginProcess run) => Checks(run)
        .Where(check => check.GetProperty("status").GetString() == "fail")
        .Select(check => check.GetProperty("id").GetString()!);

    private static JsonElement Find(PluginProcess run, string id) =>
        Checks(run).Single(check => check.GetProperty("id").GetString() == id);

    private static JsonElement.ArrayEnumerator Checks(PluginProcess run) =>
        JsonDocument.Parse(run.Output).RootElement.GetProperty("checks").EnumerateArray();
}

using System.Collections.Immutable;
using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.Hardware.Capture;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.FunctionalTests.Capture;

/// <summary>The executable's <c>capture</c> on the native mocks: what it writes is what they play.</summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CaptureCommandTests
{
    private const string GpuUuid = "GPU-8f3c11aa-5d2e-47c1-9a7b-0123456789ab";
    private const string MigUuid = "MIG-77aa8f3c-5d2e-47c1-9a7b-fedcba987654";

    private string _folder = "";

    private string Target => Path.Combine(_folder, "capture.json");

    [SetUp]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("capture").FullName;
        // GB10's memory is the machine's: MemTotal and MemAvailable of that scenario.
        File.WriteAllText(Path.Combine(_folder, "meminfo"), "MemTotal: 127600748 kB\nMemAvailable: 115343360 kB\n");
        File.WriteAllText(
            Path.Combine(_folder, "config.json"), new JsonObject { ["proc_root"] = _folder }.ToJsonString());
    }

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [TestCase("dgx-h100", "")]
    [TestCase("a100", "")]
    [TestCase("l40s", "")]
    [TestCase("t4", "")]
    [TestCase("gb200", "")]
    [TestCase("gb10", "")]
    [TestCase("dgx-a100-mig", "")]
    [TestCase("old-driver", "r470")]
    [TestCase("no-gpu", "")]
    [TestCase("no-driver", "")]
    public async Task BuiltInScenario_Unscrubbed_IsItsSource(string name, string build)
    {
        var captured = await CaptureAsync(PluginProcess.BuiltIn(name), build, "--scrub=false");

        AssertSame(captured, ScenarioLibrary.Open(name));
    }

    [Test]
    public async Task EveryGroupOfValues_Unscrubbed_IsItsSource()
    {
        var source = WriteScenario();

        var captured = await CaptureAsync(source, "", "--scrub=false");

        AssertSame(captured, ScenarioLibrary.Open(source));
    }

    [Test]
    public async Task Identifiers_ByDefault_AreStandInsThatTwoCapturesShare()
    {
        var source = WriteScenario();

        var captured = await CaptureAsync(source, "");
        var first = await File.ReadAllTextAsync(Target);
        await CaptureAsync(source, "", "--force");

        Assert.That(captured, Is.EqualTo(ScenarioScrubber.Scrub(WithoutMachine(ScenarioLibrary.Open(source)))));
        Assert.That(await File.ReadAllTextAsync(Target), Is.EqualTo(first));
        Assert.That(
            new[] { GpuUuid, MigUuid, "1650999888777", "0xabcdef0123456789", "CH4SS1S", "aabbccdd-1111", "/home/ada" }
                .Where(first.Contains),
            Is.Empty);
    }

    [Test]
    public async Task Output_FileThatExists_IsKeptWithoutForce()
    {
        await File.WriteAllTextAsync(Target, "mine");

        var refused = await RunAsync(PluginProcess.BuiltIn("t4"), "");

        Assert.That(refused.ExitCode, Is.EqualTo(2));
        Assert.That(refused.Errors, Does.Contain(Target).And.Contain("--force"));
        Assert.That(await File.ReadAllTextAsync(Target), Is.EqualTo("mine"));
        await CaptureAsync(PluginProcess.BuiltIn("t4"), "", "--force");
    }

    [Test]
    public async Task Output_FolderThatIsNotThere_IsBadInput()
    {
        var run = await PluginProcess.RunAsync(
            null, "capture", "--scenario", "t4", "-o", Path.Combine(_folder, "none", "capture.json"));

        Assert.That(run.ExitCode, Is.EqualTo(2), run.Errors);
    }

    [Test]
    public async Task Output_ThatCannotBeWritten_LeavesWhatWasThere()
    {
        await File.WriteAllTextAsync(Target, "mine");
        Directory.CreateDirectory($"{Target}.new");

        var run = await PluginProcess.RunAsync(null, "capture", "--scenario", "t4", "-o", Target, "--force");

        Assert.That(run.ExitCode, Is.EqualTo(2), run.Errors);
        Assert.That(run.Errors, Does.Contain("cannot be written"));
        Assert.That(await File.ReadAllTextAsync(Target), Is.EqualTo("mine"));
    }

    [Test]
    public async Task Output_FullDevice_IsBadInput()
    {
        var run = await PluginProcess.RunAsync(null, "capture", "--scenario", "t4", "-o", "/dev/full", "--force");

        Assert.That(run.ExitCode, Is.EqualTo(2), run.Errors);
        Assert.That(run.Errors, Does.Contain("No space left on device"));
    }

    [Test]
    public async Task Output_Written_LeavesNothingBesideIt()
    {
        await PluginProcess.RunAsync(null, "capture", "--scenario", "t4", "-o", Target);

        Assert.That(Directory.GetFiles(_folder, "capture.json*"), Is.EqualTo(new[] { Target }));
    }

    [Test]
    public async Task Unscrubbed_IsSaidToHaveRealIdentifiers()
    {
        var run = await PluginProcess.RunAsync(null, "capture", "--scenario", "t4", "-o", Target, "--scrub=false");

        Assert.That(run.Errors, Does.Contain("the real UUIDs"));
    }

    [Test]
    public async Task Progress_OnStderr_EndsWithHowToReplay()
    {
        var run = await RunAsync(PluginProcess.BuiltIn("t4"), "");

        Assert.That(run.Output, Is.Empty);
        Assert.That(run.Errors, Does.Contain("Tesla T4").And.Contain("bug report").And.Contain($"--scenario {Target}"));
        var replayed = await PluginProcess.RunAsync(null, "fingerprint", "--json", "--scenario", Target);
        Assert.That(replayed.ExitCode, Is.Zero, replayed.Errors);
        Assert.That(replayed.Output, Does.Contain("\"name\":\"Tesla T4\""));
    }

    [Test]
    public async Task LostGpu_IsRecordedAsLostBesideTheOthers()
    {
        var source = Path.Combine(_folder, "scenario.json");
        await File.WriteAllTextAsync(source, MockScenario.WithGpu(MockNode.BuiltIn("dgx-h100"), 2, "state", "lost"));

        var captured = await CaptureAsync(source, "", "--scrub=false");

        var expected = ScenarioLibrary.Open(source).Gpus;
        Assert.That(captured.Gpus.Select(gpu => gpu.State()), Is.EqualTo(expected.Select(gpu => gpu.State())));
        Assert.That(captured.Gpus.Select(gpu => gpu[PciKeys.BusId]), Is.EqualTo(expected.Select(
            gpu => gpu.State() == "ok" ? gpu[PciKeys.BusId] : null)));
        Assert.That(captured.Gpus[2].Uuid(), Is.EqualTo("GPU-unknown-2"));
    }

    [TestCase("nvmlDeviceGetUUID")]
    [TestCase("nvmlDeviceGetName")]
    public async Task GpuThatDoesNotSayWhoItIs_IsNotRecordedAsOneThatWorks(string function)
    {
        var source = Path.Combine(_folder, "scenario.json");
        await File.WriteAllTextAsync(
            source, MockScenario.WithCall(MockNode.BuiltIn("dgx-h100"), function, 2, """{"return": "UNKNOWN"}"""));

        var captured = await CaptureAsync(source, "", "--scrub=false");

        Assert.That(
            captured.Gpus.Select(gpu => gpu.State()),
            Is.EqualTo(Enumerable.Range(0, 8).Select(gpu => gpu == 2 ? "unknown_error" : "ok")));
    }

    [Test]
    public async Task GpuThatHangs_IsRecordedWithWhatItTold()
    {
        var source = Path.Combine(_folder, "scenario.json");
        await File.WriteAllTextAsync(source, MockScenario.WithCall(
            MockNode.BuiltIn("t4"), "nvmlDeviceGetPowerUsage", 0, """{"hang": true}"""));
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "config.json"), """{"health": {"call_timeout": "2s"}}""");

        var captured = await CaptureAsync(source, "");

        Assert.That(captured.Gpus.Single()[IdentityKeys.Name], Is.EqualTo("Tesla T4"));
        Assert.That(captured.Gpus.Single()[MemoryKeys.TotalMiB], Is.EqualTo(15360));
        Assert.That(captured.Gpus.Single().Has(PowerKeys.UsageWatts), Is.False);
    }

    [Test]
    public async Task DriverThatContradictsItself_IsRecordedAndSaid()
    {
        var source = Path.Combine(_folder, "scenario.json");
        const string Wild = """[{"gpu": 0, "value": "clocks.graphics_mhz", "shape": "constant", "low": 3000}]""";
        await File.WriteAllTextAsync(
            source, MockScenario.With(MockNode.BuiltIn("t4"), root => root["patterns"] = JsonNode.Parse(Wild)));

        var run = await RunAsync(source, "");

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Errors);
        Assert.That(run.Errors, Does.Contain("$.gpus[0].clocks.graphics_mhz: 3000 is more than"));
        Assert.That(await File.ReadAllTextAsync(Target), Does.Contain("\"graphics_mhz\": 3000"));
    }

    [Test]
    public async Task FakeBackend_WritesItsScenarioScrubbed()
    {
        var run = await PluginProcess.RunAsync(null, "capture", "--scenario", "sick", "-o", Target);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(
            ScenarioLibrary.Open(Target), Is.EqualTo(ScenarioScrubber.Scrub(ScenarioLibrary.Open("sick"))));
    }

    private async Task<Scenario> CaptureAsync(string scenario, string build, params string[] options)
    {
        var run = await RunAsync(scenario, build, options);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        return ScenarioLibrary.Open(Target);
    }

    private Task<PluginProcess> RunAsync(string scenario, string build, params string[] options) =>
        PluginProcess.RunAsync(scenario,
        [
            "capture", "-o", Target, "--nvml-library", PluginProcess.MockLibrary(build),
            "--config", Path.Combine(_folder, "config.json"), .. options,
        ]);

    private static void AssertSame(Scenario captured, Scenario source)
    {
        var expected = WithoutMachine(source);

        // The text first: a difference of two files is readable.
        Assert.That(captured.Gpus.Select(Describe), Is.EqualTo(expected.Gpus.Select(Describe)));
        Assert.That(captured, Is.EqualTo(expected));
    }

    /// <summary>
    /// Without what no mock of a library can answer for: the NUMA node is in the machine's own sysfs, and CUDA does not
    /// show a GPU with MIG on.
    /// </summary>
    private static Scenario WithoutMachine(Scenario source)
    {
        ImmutableArray<KeyedValues> gpus =
        [
            .. source.Gpus.Select(gpu => gpu[MigKeys.Enabled] is true
                ? CudaKeys.Group.Keys.Aggregate(gpu.Without(PciKeys.NumaNode), (left, key) => left.Without(key))
                : gpu.Without(PciKeys.NumaNode)),
        ];
        return new Scenario(source.Description, source.Driver, gpus) { Source = source.Source, System = source.System };
    }

    private static string Describe(KeyedValues gpu) => new Scenario("", KeyedValues.Empty, [gpu]).ToJson();

    private string WriteScenario()
    {
        var path = Path.Combine(_folder, "scenario.json");
        File.WriteAllText(path, MockScenario.With(MockNode.BuiltIn("dgx-h100"), root =>
        {
            var gpus = root["gpus"]!.AsArray();
            while (gpus.Count > 3)
            {
                gpus.RemoveAt(3);
            }

            Merge(gpus[0]!.AsObject(), JsonNode.Parse(
                $$$"""
                {"identity": {"uuid": "{{{GpuUuid}}}", "serial": "1650999888777", "pdi": "0xabcdef0123456789"},
                 "modes": {"compute": "exclusive_process"},
                 "clocks": {"event_reasons": ["software_power_cap", "software_thermal"],
                            "supported": [{"memory_mhz": 2619, "graphics_mhz": [1980, 1965]},
                                          {"memory_mhz": 1593, "graphics_mhz": [345]}]},
                 "thermal": {"fans": 2, "fan_percent": 35, "gpu_c": 71},
                 "utilization": {"graphics_engine_percent": 93.5, "sm_percent": 88.25, "dram_percent": 41.125},
                 "remap": {"corrected_inactive": 3, "uncorrected_inactive": 0, "pending": true},
                 "nvlink": {"down": [3, 17], "replay_errors": 7, "crc_errors": 2},
                 "fabric": {"cluster_uuid": "aabbccdd-1111-2222-3333-444455556666", "clique": 5},
                 "platform": {"chassis_serial": "CH4SS1S", "slot": 14, "tray": 4, "host_id": 1, "peer_type": "switch",
                              "module_id": 2, "fabric_guid": "0x00000000deadbeef"},
                 "processes": {"compute": [{"pid": 4711, "name": "/home/ada/train", "used_mib": 40960.5},
                                           {"pid": 4712, "name": "/home/ada/train"}],
                               "graphics": [{"pid": 77, "name": "/usr/lib/xorg/Xorg", "used_mib": 4}]}}
                """)!.AsObject());
            Merge(gpus[1]!.AsObject(), JsonNode.Parse(
                """{"recovery_action": "drain_p2p", "inforom": {"valid": true}, "fabric": {"state": "in_progress"}}""")!
                .AsObject());
            Merge(gpus[2]!.AsObject(), JsonNode.Parse(
                $$$"""
                {"mig": {"enabled": true, "enabled_pending": true, "max_instances": 7, "instances": [
                   {"slot": 1, "gpu_instance": 2, "compute_instance": 0, "uuid": "{{{MigUuid}}}",
                    "name": "NVIDIA H100 80GB HBM3 MIG 3g.40gb", "memory_total_mib": 40448, "memory_used_mib": 12.5,
                    "memory_reserved_mib": 0, "memory_free_mib": 40435.5, "bar1_total_mib": 65535, "bar1_used_mib": 1,
                    "sm_count": 60, "gpu_slices": 3, "compute_slices": 3, "copy_engines": 3, "decoders": 3,
                    "encoders": 0, "jpeg_engines": 3, "ofa_engines": 0, "graphics_percent": 77.5, "sm_percent": 66.25,
                    "dram_percent": 12}]},
                 "identity": {"cuda_cores": null}, "utilization": null, "nvlink": null,
                 "remap": {"corrected": null, "uncorrected": null, "pending": null, "failed": null},
                 "processes": {"compute": [{"pid": 99, "used_mib": 12, "gpu_instance": 2, "compute_instance": 0}]}}
                """)!.AsObject());
        }));
        return path;
    }

    private static void Merge(JsonObject target, JsonObject changes)
    {
        foreach (var (key, value) in changes)
        {
            if (value is JsonObject inner && target[key] is JsonObject known)
            {
                Merge(known, inner);
            }
            else
            {
                target[key] = value?.DeepClone();
            }
        }
    }
}

using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.Fake;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>Which GPU is which, while GPUs come and go, hang and give names that are no text.</summary>
[Platform("Linux")]
internal sealed class NvmlIdentityTests
{
    private const int Sick = 1;

    private static readonly string Healthy = MockNode.BuiltIn("dgx-h100");

    private string _proc = "";

    [SetUp]
    public void SetUp() => _proc = Directory.CreateTempSubdirectory("proc").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_proc, recursive: true);

    [TestCase("""{"present": false}""")]
    [TestCase("""{"state": "lost"}""")]
    [TestCase("""{"state": "unknown_error"}""")]
    public async Task Gpu_OutOfReachAndBackElsewhere_IsReadAgain(string away)
    {
        await using var node = MockNode.Start(Healthy);
        await node.EnumerateAsync();

        node.Write(Changed(Healthy, away));
        var gone = await node.EnumerateUntilAsync(report => report.Devices.Length == 7 || report.Devices[Sick].Fault is not null);
        if (gone.Devices.Length == 8 && gone.Devices[Sick].Fault!.Kind == DeviceFaultKind.Lost)
        {
            Assert.That(gone.Devices[Sick].MinorNumber, Is.Null, "its node may be another GPU's by now");
        }

        node.Write(Moved(Healthy));
        var back = await node.EnumerateUntilAsync(report => report.Devices.Length == 8 && report.Devices[Sick].Fault is null);

        AssertMoved(back.Devices[Sick]);
    }

    [Test]
    public async Task Gpu_MovedBetweenTwoRefreshes_IsReadAgainAsTheKernelSays()
    {
        await using var node = MockNode.Start(Healthy, options: new NvmlOptions { ProcRoot = _proc });
        var before = (await node.EnumerateAsync()).Devices[Sick];

        node.Write(Moved(Healthy));
        WriteKernel("0000:e7:00.0", before.Uuid, 77);
        var moved = await node.EnumerateUntilAsync(report => report.Devices[Sick].MinorNumber != before.MinorNumber);

        AssertMoved(moved.Devices[Sick]);
    }

    [Test]
    public async Task Uuid_IsAnotherGpusByNow_IsAnObstacleWhateverTheSwitchesOfHealth()
    {
        await using var node = MockNode.Start(Healthy);
        await node.EnumerateAsync();

        node.Write(MockScenario.With(Healthy, root =>
        {
            // The mock takes no UUID twice in a file, and a change by the timeline.
            var identity = new JsonObject { ["uuid"] = Healthy.UuidOf(0) };
            root["timeline"] = new JsonArray(new JsonObject
            {
                ["id"] = "twice", ["at"] = 0, ["gpu"] = Sick, ["set"] = new JsonObject { ["identity"] = identity },
            });
        }));
        GpuDevice Find(NodeReport report) => report.Devices.Single(device => device.Uuid == Healthy.UuidOf(Sick));
        var first = Find(await node.EnumerateUntilAsync(report => Find(report).Obstacle is not null));
        var later = Find(await node.EnumerateAsync());

        Assert.That((string?[])[first.Obstacle, later.Obstacle], Has.All.Contains("another"));
    }

    [TestCase("0x233010DE", "NVIDIA GPU 10de:2330")]
    [TestCase(null, "NVIDIA GPU")]
    public async Task Name_IsNoText_IsTheSameFallbackInBothBackends(string? deviceId, string expected)
    {
        var scenario = MockScenario.WithGpu(
            MockScenario.WithGpu(Healthy, 0, "identity", new JsonObject
            {
                ["name"] = "????", ["uuid"] = Healthy.UuidOf(0), ["minor_number"] = 0,
            }),
            0, "pci", new JsonObject { ["bus_id"] = "0000:01:00.0", ["device_id"] = deviceId });
        await using var node = MockNode.Start(scenario);
        await using var fake = new FakeBackend(
            ScenarioLibrary.Find(node.ScenarioPath), node.Time, node.Logs.CreateLogger<FakeBackend>());

        var real = (await node.EnumerateAsync()).Devices.Single(device => device.Uuid == Healthy.UuidOf(0));
        var played = (await fake.EnumerateAsync(CancellationToken.None)).Devices.Single(device => device.Uuid == Healthy.UuidOf(0));

        Assert.That((real.Name, played.Name), Is.EqualTo((expected, expected)));
    }

    [TestCase("0000:64:00.0", false)]
    [TestCase("0000:e7:00.0", true)]
    public async Task Hidden_ByAnAddress_IsWhoeverIsThere(string ignored, bool isHiddenAfterwards)
    {
        var filter = new DeviceFilter([ignored]);
        await using var node = MockNode.Start(Healthy, options: new NvmlOptions { ProcRoot = _proc, Hidden = filter });
        var before = (await node.EnumerateAsync()).Devices[Sick];
        Assert.That(filter.Hides(before), Is.Not.EqualTo(isHiddenAfterwards));

        node.Write(Moved(Healthy));
        WriteKernel("0000:e7:00.0", before.Uuid, 77);
        var moved = await node.EnumerateUntilAsync(report => filter.Hides(report.Devices[Sick]) == isHiddenAfterwards);

        Assert.That(moved.Devices[Sick].PciBusId, Is.EqualTo("0000:e7:00.0"));
    }

    [TestCase("nvmlDeviceGetFieldValues")]
    [TestCase("nvmlDeviceGetMemoryInfo")]
    [TestCase("nvmlDeviceGetMigMode")]
    [TestCase("nvmlDeviceGetSupportedEventTypes")]
    public async Task Gpu_HangsFromTheStart_HasItsNameAddressAndNode(string function)
    {
        await using var healthy = MockNode.Start(Healthy);
        var expected = (await healthy.EnumerateAsync()).Devices[Sick];
        await using var node = MockNode.Start(MockScenario.WithCall(Healthy, function, Sick, """{"hang": true}"""));

        // The first message waits for none of them; after the deadline it is known that it hangs.
        var first = (await EnumerateAsync(node)).Unidentified.Single();
        Assert.That(
            (first.Fault.Kind, first.Uuid, first.Model, first.PciBusId),
            Is.EqualTo((DeviceFaultKind.NotRead, expected.Uuid, expected.Name, expected.PciBusId)));
        var report = await EnumerateAsync(node);
        while (report.IsPartial)
        {
            report = await EnumerateAsync(node);
        }

        var gpu = report.Devices[Sick];
        Assert.That(gpu.Fault?.Kind, Is.EqualTo(DeviceFaultKind.Unresponsive));
        Assert.That((gpu.Name, gpu.PciBusId, gpu.Uuid), Is.EqualTo((expected.Name, expected.PciBusId, expected.Uuid)));
        node.Write(Healthy);
    }

    [TestCase("nvmlDeviceGetMinorNumber")]
    [TestCase("nvmlDeviceGetMemoryInfo")]
    [TestCase("nvmlDeviceGetFieldValues")]
    public async Task Gpu_LostDuringItsFirstRead_KeepsTheNameItGave(string function)
    {
        await using var node = MockNode.Start(
            MockScenario.WithCall(Healthy, function, Sick, """{"return": "GPU_IS_LOST"}"""));

        var devices = (await node.EnumerateAsync()).Devices;

        Assert.That(devices[Sick].Fault?.Kind, Is.EqualTo(DeviceFaultKind.Lost));
        Assert.That((devices[Sick].Name, devices[Sick].PciBusId), Is.EqualTo((devices[0].Name, "0000:64:00.0")));
    }

    [Test]
    public async Task Name_FailsAndNobodyElseKnowsIt_TheGpuIsInNoGroup()
    {
        await using var node = MockNode.Start(
            MockScenario.WithCall(Healthy, "nvmlDeviceGetName", Sick, """{"return": "UNKNOWN"}"""));

        var report = await node.EnumerateAsync();

        Assert.That(report.Devices, Has.Length.EqualTo(7).And.All.Property(nameof(GpuDevice.Name)).Contains("H100"));
        var gpu = report.Unidentified.Single();
        Assert.That(gpu.Fault.Evidence, Does.Contain("nvmlDeviceGetName answered UNKNOWN"));
        Assert.That(gpu.Uuid, Is.Not.Null);
        Assert.That(gpu.PciBusId, Is.EqualTo("0000:64:00.0"));
    }

    [Test]
    public async Task Name_Fails_TheKernelsCounts()
    {
        await using var healthy = MockNode.Start(Healthy);
        var uuid = (await healthy.EnumerateAsync()).Devices[Sick].Uuid;
        await using var node = MockNode.Start(
            MockScenario.WithCall(Healthy, "nvmlDeviceGetName", Sick, """{"return": "UNKNOWN"}"""),
            options: new NvmlOptions { ProcRoot = _proc });
        WriteKernel("0000:64:00.0", uuid, Sick);

        var gpu = (await node.EnumerateAsync()).Devices[Sick];

        Assert.That((gpu.Name, gpu.Fault?.Kind), Is.EqualTo(("NVIDIA of the kernel", DeviceFaultKind.CallFailed)));
    }

    [TestCase("0000:64:00.0", "nvmlDeviceGetFieldValues")]
    [TestCase("0000:64:00.0", "nvmlDeviceGetName")]
    [TestCase("1", "nvmlDeviceGetPciInfo")]
    public async Task Hidden_HangsFromTheStart_NobodyWaitsForIt(string id, string function)
    {
        // The clock stands still: whoever waits for a deadline waits for ever.
        await using var node = MockNode.Start(
            MockScenario.WithCall(Healthy, function, Sick, """{"hang": true}"""),
            options: new NvmlOptions { Hidden = new DeviceFilter([id]) });

        var report = await node.EnumerateAsync();

        Assert.That(report.Devices, Has.Length.EqualTo(8), "an id that is ignored is to be found");
        Assert.That(report.Devices.Count(new DeviceFilter([id]).Hides), Is.EqualTo(1));
        Assert.That(report.Devices.RemoveAt(Sick), Has.All.Property(nameof(GpuDevice.Faults)).Empty);
        node.Write(Healthy);
    }

    [Test]
    public async Task Hidden_ByTheAddressThatOnlyTheKernelKnows_NobodyWaitsForIt()
    {
        await using var healthy = MockNode.Start(Healthy);
        var uuid = (await healthy.EnumerateAsync()).Devices[Sick].Uuid;
        await using var node = MockNode.Start(
            MockScenario.WithCall(Healthy, "nvmlDeviceGetPciInfo", Sick, """{"hang": true}"""),
            options: new NvmlOptions { ProcRoot = _proc, Hidden = new DeviceFilter(["0000:64:00.0"]) });
        WriteKernel("0000:64:00.0", uuid, Sick);

        Assert.That((await node.EnumerateAsync()).Devices, Has.Length.EqualTo(8));
        node.Write(Healthy);
    }

    [TestCase(false, "NVIDIA GPU 10de:1eb8")]
    [TestCase(true, "NVIDIA of the kernel")]
    public async Task Name_NoText_IsThatOfTheBoardAndAWarning(bool isListed, string expected)
    {
        var scenario = MockScenario.With(
            MockNode.BuiltIn("t4"), root => root["gpus"]![0]!["identity"]!["name"] = "\u0007\u0007Tesla0");
        for (var start = 0; start < 2; start++)
        {
            await using var node = MockNode.Start(scenario, options: new NvmlOptions { ProcRoot = _proc });
            if (isListed)
            {
                WriteKernel("0000:00:1e.0", scenario.UuidOf(0), 0);
            }

            await node.EnumerateAsync();
            var gpu = (await node.EnumerateAsync()).Devices.Single();

            Assert.That((gpu.Name, gpu.Fault), Is.EqualTo((expected, (DeviceFault?)null)));
            Assert.That(
                node.Logs.Named("NameIsNoText").Single().Message,
                Does.Contain("nvmlDeviceGetName").And.Contain(scenario.DriverVersion()).And.Contain(expected));
        }
    }

    [Test]
    public async Task Name_OfMigInstancesNoText_IsBuiltAsNvmlDoes()
    {
        var scenario = MockNode.BuiltIn("dgx-a100-mig");
        await using var node = MockNode.Start(scenario);
        var expected = (await node.EnumerateAsync()).Devices.Select(device => (device.Uuid, device.Name, device.Mig)).ToList();
        await using var garbled = MockNode.Start(MockScenario.With(scenario, root =>
        {
            foreach (var instance in root["gpus"]!.AsArray().SelectMany(gpu => gpu!["mig"]?["instances"]?.AsArray() ?? []))
            {
                instance!["name"] = "\u0007";
            }
        }));

        var devices = (await garbled.EnumerateAsync()).Devices;

        Assert.That(devices.Select(device => (device.Uuid, device.Name, device.Mig)), Is.EqualTo(expected));
        Assert.That(garbled.Logs.Named("NameIsNoText").Count(), Is.EqualTo(13));
    }

    [Test]
    public async Task Facts_NoText_AreAbsent()
    {
        var scenario = MockScenario.With(MockNode.BuiltIn("t4"), root =>
        {
            root["driver"]!["version"] = "\u0001580";
            foreach (var key in (string[])["vbios_version", "board_part_number", "gsp_firmware"])
            {
                root["gpus"]![0]!["identity"]![key] = "\u0007??";
            }
        });
        await using var node = MockNode.Start(scenario);

        var report = await node.EnumerateAsync();

        var facts = report.Devices.Single().Facts;
        Assert.That(
            new[] { report.Driver.Version, facts.VbiosVersion, facts.BoardPartNumber, facts.GspFirmware }, Has.All.Null);
    }

    [Test]
    public async Task Gpu_LostAtTheStart_IsToldWithWhatTheKernelSaysOfIt()
    {
        var lost = MockScenario.WithGpu(Healthy, 3, "state", "lost");
        await using var node = MockNode.Start(lost, options: new NvmlOptions { ProcRoot = _proc });
        for (var gpu = 0; gpu < 8; gpu++)
        {
            WriteKernel(AddressOf(gpu), gpu == 3 ? "GPU-????????-????-????-????-????????????" : Healthy.UuidOf(gpu), gpu);
        }

        var unnamed = (await node.EnumerateAsync()).Unidentified.Single();
        WriteKernel(AddressOf(3), Healthy.UuidOf(3), 3);
        var named = (await node.EnumerateAsync()).Unidentified.Single();

        Assert.That(unnamed.Fault.Evidence, Does.Contain("nvmlDeviceGetHandleByIndex_v2 answered GPU_IS_LOST"));
        Assert.That(
            (unnamed.Index, unnamed.Uuid, unnamed.PciBusId, unnamed.Model),
            Is.EqualTo(((int?)3, (string?)null, AddressOf(3), "NVIDIA of the kernel")));
        Assert.That(named, Is.EqualTo(unnamed with { Uuid = Healthy.UuidOf(3) }));
    }

    [TestCase("No", 1)]
    [TestCase("Yes", 0)]
    public async Task Gpu_ThatNvmlDoesNotCount_IsToldUnlessItIsExcluded(string excluded, int expected)
    {
        await using var node = MockNode.Start(
            MockScenario.WithGpu(Healthy, 3, "present", false), options: new NvmlOptions { ProcRoot = _proc });
        WriteKernel(AddressOf(3), Healthy.UuidOf(3), 3, $"GPU Excluded:\t {excluded}\n");

        var report = await node.EnumerateAsync();

        Assert.That(report.Devices, Has.Length.EqualTo(7));
        Assert.That(report.Unidentified, Has.Length.EqualTo(expected).And.All
            .Property(nameof(UnidentifiedGpu.Uuid)).EqualTo(Healthy.UuidOf(3)));
    }

    private static string AddressOf(int gpu) =>
        PciBusId.Normalize(JsonNode.Parse(Healthy)!["gpus"]![gpu]!["pci"]!["bus_id"]!.GetValue<string>())!;

    private static string Changed(string scenario, string change) => MockScenario.With(scenario, root =>
    {
        foreach (var (key, value) in JsonNode.Parse(change)!.AsObject())
        {
            root["gpus"]![Sick]![key] = value?.DeepClone();
        }
    });

    /// <summary>The same GPU in another place, and before it was moved no longer than a refresh takes.</summary>
    private static string Moved(string scenario) => MockScenario.With(scenario, root =>
    {
        var gpu = root["gpus"]![Sick]!;
        gpu["identity"]!["minor_number"] = 77;
        gpu["pci"]!["bus_id"] = "0000:e7:00.0";
    });

    private static void AssertMoved(GpuDevice gpu) =>
        Assert.That((gpu.PciBusId, gpu.MinorNumber), Is.EqualTo(("0000:e7:00.0", (int?)77)));

    private static async Task<NodeReport> EnumerateAsync(MockNode node)
    {
        var report = node.Backend.EnumerateAsync(CancellationToken.None);
        await Eventually.BecomesTrue(() =>
        {
            node.Time.Advance(report.IsCompleted ? TimeSpan.Zero : TimeSpan.FromMilliseconds(50));
            return report.IsCompleted;
        });
        return await report;
    }

    private void WriteKernel(string address, string uuid, int minor, string more = "")
    {
        var folder = Directory.CreateDirectory(Path.Combine(_proc, "driver", "nvidia", "gpus", address));
        File.WriteAllText(
            Path.Combine(folder.FullName, "information"),
            $"Model: \t\t NVIDIA of the kernel\nGPU UUID: \t {uuid}\nBus Location: \t {address}\nDevice Minor: \t {minor}\n{more}");
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>
/// Every fault comes and goes on a node of eight GPUs, under the eyes of Nomad's library, while both streams are open and
/// reservations are asked for. Each run ends with the check that no stream ended before the plugin did.
/// </summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HealthTests
{
    private const int Sick = 3;

    // NVML's word for a fault, how it comes about, and what Nomad is told.
    private static IEnumerable<TestCaseData> Faults()
    {
        yield return Fault("Lost", "GPU is lost", gpu => gpu["state"] = "lost");
        yield return Fault("ResetRequired", "GPU reset required", gpu => gpu["state"] = "reset_required");
        yield return Fault("RecoveryAction", "GPU needs a recovery", gpu => gpu["recovery_action"] = "drain_and_reset");
        yield return Fault("InsufficientPower", "external power is insufficient", gpu => gpu["state"] = "insufficient_power");
        yield return Fault("CallFailed", "GPU cannot be read", gpu => gpu["state"] = "unknown_error");
        yield return Fault("UncorrectableEcc", "uncorrectable ECC errors", gpu =>
        {
            // A driver that knows the recovery action would say itself whether the errors matter.
            gpu["recovery_action"] = null;
            Set(gpu, "ecc", "uncorrected_volatile", 2);
        });
        yield return Fault("RemapPending", "remap or page retirement pending", gpu => Set(gpu, "remap", "pending", true));
        yield return Fault("RemapFailed", "row remap failed", gpu => Set(gpu, "remap", "failed", true));
        yield return Fault("SramThreshold", "too many SRAM errors", gpu => Set(gpu, "ecc", "sram_threshold_exceeded", true));
        yield return Fault("ChannelRepair", "hardware repair pending", gpu => Set(gpu, "ecc", "channel_repair_pending", true));
        yield return Fault("RouteRecovery", "route recovery in progress", gpu => Set(gpu, "fabric", "route_recovery", true));
        yield return Fault("Fabric", "NVLink fabric is unhealthy", gpu => Set(gpu, "fabric", "health", "unhealthy"));
        yield return Fault("Link", "NVLink fabric is unhealthy", gpu => Set(gpu, "nvlink", "down", new JsonArray(3)));
    }

    [TestCaseSource(nameof(Faults))]
    public async Task Fault_WhileRunning_IsOneGpusAndGoesAway(string words, Action<JsonObject> fault) =>
        await RunAsync(words, scenario => fault(scenario["gpus"]![Sick]!.AsObject()));

    [TestCase("nvmlDeviceGetMemoryInfo_v2")]
    [TestCase("nvmlDeviceGetFieldValues")]
    [TestCase("nvmlDeviceGetMigMode")]
    public async Task Call_Hangs_NamesTheFunctionAndComesBack(string function) =>
        await RunAsync($"{function} did not return within 1 s", scenario => Hang(scenario, function));

    // It keeps the loader's lock, in which libc's exit would wait too.
    [Test]
    public async Task Library_NeverFinishesLoading_IsTheReasonOfARefusalAndThePluginEndsInGoodOrder()
    {
        using var node = new MockedNode { Library = MockedNode.Mock("bad/libhang.so") };

        var run = await node.RunAsync("Launch", "SetConfig", "Fingerprint", "Reserve=GPU-1", "Fingerprint", "Kill");

        Assert.That(run.Steps.Where(step => !step.Succeeded).Select(step => step.Name), Is.EqualTo(["Reserve"]), run.Logs);
        Assert.That(run.Step("Reserve").ErrorMessage, Does.Contain("no devices are offered")
            .And.Contain("libhang.so did not return within 10 s"));
        Assert.That(run.Logs, Does.Contain("The driver cannot be used (failed): opening"));
    }

    // Whether its checksum is valid is read once: it takes long, and the driver says so by itself when it meets a fault.
    [Test]
    public async Task Inforom_FoundCorruptByACall_IsToldAndGoesAway() => await RunAsync(
        "InfoROM is corrupt", scenario => Call(scenario, "nvmlDeviceGetMigMode", """{"return": "CORRUPTED_INFOROM"}"""));

    [Test]
    public async Task Xid_ThatAsksForAReset_GoesAwayWithTheDriversWord() => await RunAsync("XID 48", scenario =>
    {
        scenario["gpus"]![Sick]!["recovery_action"] = "gpu_reset";
        scenario["timeline"] = new JsonArray(JsonNode.Parse(
            $$"""{"id": "double-bit", "at": 0, "gpu": {{Sick}}, "event": {"type": "xid", "data": 48} }"""));
    });

    [Test]
    public async Task RecoveryAction_BecomesAnother_IsToldWithWhatToDo()
    {
        using var node = new MockedNode();
        var id = node.Uuid(Sick);

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Becomes(scenario => scenario["gpus"]![Sick]!["recovery_action"] = "gpu_reset"),
            "Await=GPU reset; drain the GPU and reset it",
            node.Becomes(scenario => scenario["gpus"]![Sick]!["recovery_action"] = "node_reboot"),
            "Await=node reboot; reboot the node", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.Step("Await").Described[id], Does.StartWith("GPU needs a recovery: the recovery action (field 230) is GPU reset"));
        Assert.That(run.Logs, Does.Contain("has changed: GPU needs a recovery: the recovery action (field 230) is node reboot"));
    }

    // A bridge: nothing but its past says that the link leads somewhere.
    [TestCase("Crash", "Launch", "SetConfig", "Fingerprint")]
    [TestCase("maintenance")]
    public async Task Link_DownWithoutAFabric_IsToldByTheNextProcessAndAfterMaintenance(params string[] between)
    {
        using var node = new MockedNode();
        string Bridged() => node.Becomes(scenario => scenario["gpus"]![Sick]!["fabric"] = null);
        var down = node.Becomes(scenario =>
        {
            scenario["gpus"]![Sick]!["fabric"] = null;
            Set(scenario["gpus"]![Sick]!.AsObject(), "nvlink", "down", new JsonArray(3));
        });
        var steps = between is ["maintenance"]
            ? new[] { node.Replaces(node.Maintenance, "work\n"), "Await=maintenance: work", "Remove=" + node.Maintenance }
            : between;

        // The record is written after the message: a crash between them would begin the cause again.
        var run = await node.RunAsync(
            [Bridged(), "Launch", "SetConfig", "Fingerprint", down, "Await=NVLink 3 down", "Stats=2", .. steps, "Await=NVLink 3 down",
                "Stats=3", Bridged(), "Await=", "Kill"]);

        run.AssertEveryStepSucceeded();
        Assert.That(run.Step("Await", between.Length > 1 ? 1 : 2).Described, Is.EqualTo(run.Step("Await").Described));
    }

    [Test]
    public async Task Xid_NotCleared_IsToldByTheNextProcess()
    {
        using var node = new MockedNode();
        var xid = node.Becomes(scenario => scenario["timeline"] = new JsonArray(JsonNode.Parse(
            $$"""{"id": "off", "at": 0, "gpu": {{Sick}}, "event": {"type": "xid", "data": 79} }""")));

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", xid, "Await=XID 79", node.Becomes(), "Stats=2", "Crash",
            "Launch", "SetConfig", "Fingerprint", "Await=XID 79", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.Step("Await", 1).Described, Is.EqualTo(run.Step("Await").Described));
    }

    [Test]
    public async Task Events_RefusedByOneGpu_ThatOneIsUnmonitoredAndHealthy()
    {
        using var node = new MockedNode();
        var refused = node.Becomes(scenario => Call(scenario, "nvmlDeviceRegisterEvents", """{"return": "NOT_SUPPORTED"}"""));

        var run = await node.RunAsync(refused, "Launch", "SetConfig", "Fingerprint", "Await=unmonitored", "Kill");

        run.AssertEveryStepSucceeded();
        var (id, device) = run.Step("Await").Described.Single();
        Assert.That(id, Is.EqualTo(node.Uuid(Sick)));
        Assert.That(device, Does.StartWith("unmonitored: nvmlDeviceRegisterEvents answered NOT_SUPPORTED. Since "));
        Assert.That(Unhealthy(run.Step("Await")), Is.Empty);
    }

    [Test]
    public async Task Driver_UnloadedAndLoadedAgain_ItsGpusStayAndComeBack()
    {
        using var node = new MockedNode();
        var unloaded = node.Becomes(scenario => scenario["driver"] = JsonNode.Parse("""{"state": "not_loaded"}"""));

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", "Stats", unloaded, "Await=GPU is gone", "Stats", "Reserve=" + node.Uuid(0),
            node.Becomes(), "Await=", "Reserve=all", "Stats=2", "Kill");

        Assert.That(run.Steps.Where(step => !step.Succeeded).Select(step => step.Name), Is.EqualTo(new[] { "Reserve" }), run.Logs);
        Assert.That(run.Step("Reserve").ErrorMessage, Does.Contain("GPU is gone"));
        Assert.That(Unhealthy(run.Step("Await")), Has.Count.EqualTo(8));
    }

    [Test]
    public async Task MaintenanceFile_WhileItExists_TheDriverIsFree()
    {
        using var node = new MockedNode();
        var begins = node.Replaces(node.Maintenance, "driver upgrade\n");

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", "Stats", begins, "Await=maintenance: driver upgrade",
            node.Called("nvmlShutdown"), "Stats", "Reserve=" + node.Uuid(0), "Remove=" + node.Maintenance, "Await=", "Reserve=all",
            "Stats=2", "Kill");

        Assert.That(run.Steps.Where(step => !step.Succeeded).Select(step => step.Name), Is.EqualTo(new[] { "Reserve" }), run.Logs);
        Assert.That(run.Step("Reserve").ErrorMessage, Does.Contain("maintenance: driver upgrade"));
        Assert.That(Unhealthy(run.Step("Await")), Has.Count.EqualTo(8));
    }

    private static async Task RunAsync(string words, Action<JsonObject> fault)
    {
        using var node = new MockedNode();
        var id = node.Uuid(Sick);

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", "Stats", node.Becomes(fault), $"Await={words}", "Stats", $"Reserve={id}",
            "Reserve=all", node.Becomes(), "Await=", $"Reserve={id}", "Stats=2", "Kill");

        Assert.That(
            run.Steps.Where(step => !step.Succeeded).Select(step => step.ToString()),
            Has.Exactly(1).Items.And.All.StartsWith("Reserve: "), run.Logs);
        Assert.That(run.Step("Reserve").ErrorMessage, Does.Contain(id).And.Contain(words), "it was sick then");
        Assert.That(Unhealthy(run.Step("Await")), Is.EqualTo(new[] { id }), "it alone");
        Assert.That(HealthyByAttribute(run.Step("Await")), Is.EqualTo((8, 7)));
        Assert.That(HealthyByAttribute(run.Step("Await", 1)), Is.EqualTo((8, 8)), "what jobs that wait are evaluated again for");
    }

    private static TestCaseData Fault(string name, string words, Action<JsonObject> fault) =>
        new TestCaseData(words, fault).SetArgDisplayNames(name);

    private static void Set(JsonObject gpu, string group, string key, JsonNode value)
    {
        gpu[group] ??= new JsonObject();
        gpu[group]![key] = value;
    }

    private static void Hang(JsonObject scenario, string function) => Call(scenario, function, """{"hang": true}""");

    private static void Call(JsonObject scenario, string function, string outcome)
    {
        var call = JsonNode.Parse(outcome)!.AsObject();
        call["id"] = "call";
        call["function"] = function;
        call["gpu"] = Sick;
        scenario["calls"] = new JsonArray(call);
    }

    private static (int Devices, int Healthy) HealthyByAttribute(GoHostStep step)
    {
        var attributes = step.Result.GetProperty("device_group")[0].GetProperty("attributes");
        return (Value("devices"), Value("devices_healthy"));

        int Value(string name) =>
            int.Parse(attributes.GetProperty(name).GetProperty("int_val").GetString()!, CultureInfo.InvariantCulture);
    }

    private static IReadOnlyList<string> Unhealthy(GoHostStep step) =>
        [.. step.Devices.Where(device => !device.TryGetProperty("healthy", out var healthy) || !healthy.GetBoolean()).Select(Id)];

    private static string Id(JsonElement device) => device.GetProperty("ID").GetString()!;
}

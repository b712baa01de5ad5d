using System.Text.Json;
using System.Text.Json.Nodes;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>The procedures of docs/operating.md, command by command, as Nomad sees them.</summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ProcedureTests
{
    private const int Slot = 3;
    private const int OtherSlot = 6;
    private const string NewBoard = "GPU-99999999-0000-0000-0000-000000000099";

    /// <summary>"Replace a board": the new one is in service at once, and the old one stays cordoned wherever it turns up.</summary>
    [Test]
    public async Task ReplaceABoard()
    {
        using var node = new MockedNode();
        var old = node.Uuid(Slot);

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint",
            node.Runs("cordon", $"{node.Address(Slot)}.0", "--reason", "RMA-123"), "Await=RMA-123", $"Reserve={old}", "Kill",
            node.Becomes(scenario => SetBoard(scenario, Slot, NewBoard, "1650000000099")),
            "Launch", "SetConfig", "Fingerprint", $"Reserve={NewBoard}", node.Runs("health", "list", "--json"), "Kill",
            node.Becomes(scenario =>
            {
                SetBoard(scenario, Slot, NewBoard, "1650000000099");
                SetBoard(scenario, OtherSlot, old, "1650000000004");
            }),
            "Launch", "SetConfig", "Fingerprint", $"Reserve={old}", node.Runs("uncordon", old[..12]), $"Reserve={old}", "Kill");

        Assert.That(
            run.Steps.Where(step => !step.Succeeded).Select(step => step.ErrorMessage),
            Has.Exactly(2).Items.And.All.Contains("RMA-123"), run.Logs);
        Assert.That(run.Step("Fingerprint", 1).Described.Keys, Does.Not.Contain(NewBoard));
        Assert.That(Cordoned(run.Step("Run", 1)), Is.EqualTo([old]), "it can be uncordoned although it is not there");
        Assert.That(run.Step("Fingerprint", 2).Described[old], Does.Match("^cordoned by root since .*: RMA-123"));
        Assert.That(Output(run.Step("Run", 2)), Does.StartWith($"{old}: uncordoned; it was cordoned by root since"));
    }

    /// <summary>"Change a MIG layout on a busy node": the GPU's old and new instances get no task, the other GPUs' tasks go on.</summary>
    [Test]
    public async Task ChangeAMigLayout()
    {
        using var node = new MockedNode();
        var (gpu, busy) = ($"{Slot}", node.Uuid(0));

        var run = await node.RunAsync(
            node.Becomes(scenario => Split(scenario, 2, "MIG-aaaaaaaa")), "Launch", "SetConfig", "Fingerprint", $"Reserve={busy}",
            node.Runs("cordon", gpu, "--reason", "MIG layout"), "Await=MIG layout", $"Reserve={Instance("MIG-aaaaaaaa", 0)}",
            node.Becomes(scenario => Split(scenario, 3, "MIG-bbbbbbbb")), $"Listed={Instance("MIG-bbbbbbbb", 2)}",
            $"Reserve={Instance("MIG-bbbbbbbb", 2)}", $"Reserve={busy}", node.Runs("uncordon", gpu), "Await",
            $"Reserve={Instance("MIG-bbbbbbbb", 2)}", "Kill");

        Assert.That(
            run.Steps.Where(step => !step.Succeeded).Select(step => step.ErrorMessage),
            Has.Exactly(2).Items.And.All.Contains("MIG layout"), run.Logs);
        var cordoned = run.Step("Listed").Described;
        Assert.That(
            cordoned.Keys, Is.EquivalentTo(Enumerable.Range(0, 3).Select(i => Instance("MIG-bbbbbbbb", i))), "and no other device");
        Assert.That(cordoned.Values, Is.All.Matches("^cordoned by root since .*: MIG layout"));
        Assert.That(
            Ids(run.Step("Await", 1)), Has.Count.EqualTo(7 + 3).And.None.StartWith("MIG-aaaaaaaa"));
    }

    /// <summary>"Upgrade" of the driver: no GPU is offered meanwhile, the plugin lets go of the driver and then finds the new one.</summary>
    [Test]
    public async Task UpgradeTheDriver()
    {
        using var node = new MockedNode();
        var note = node.Replaces(node.Maintenance, "driver 580 to 590\n");

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Called("nvmlInit_v2"), note, "Await=maintenance: driver 580 to 590",
            node.Called("nvmlShutdown"), $"Reserve={node.Uuid(0)}", node.Runs("health", "list", "--json"),
            node.Becomes(scenario =>
            {
                scenario["driver"]!["version"] = "590.44.01";
                scenario["driver"]!["nvml_version"] = "13.590.44.01";
            }),
            $"Remove={node.Maintenance}", "Await", $"Reserve={node.Uuid(0)}", "Kill");

        Assert.That(
            run.Steps.Where(step => !step.Succeeded).Select(step => step.ErrorMessage),
            Has.One.Contains("driver 580 to 590"), run.Logs);
        Assert.That(run.Step("Await").Described, Has.Count.EqualTo(8));
        using var list = JsonDocument.Parse(Output(run.Step("Run")));
        Assert.That(
            list.RootElement.GetProperty("gpus").EnumerateArray().Select(gpu => gpu.GetProperty("cause_words")[0].GetString()),
            Has.Exactly(8).EqualTo("maintenance"));
        Assert.That(DriverVersion(run.Step("Fingerprint")), Does.Contain("\"580.105.08\""));
        Assert.That(DriverVersion(run.Step("Await", 1)), Does.Contain("\"590.44.01\""));
    }

    private static string Instance(string begin, int index) => $"{begin}-0000-0000-0000-00000000000{index}";

    private static void SetBoard(JsonObject scenario, int slot, string uuid, string serial)
    {
        var identity = scenario["gpus"]![slot]!["identity"]!;
        identity["uuid"] = uuid;
        identity["serial"] = serial;
    }

    private static void Split(JsonObject scenario, int parts, string uuids) => scenario["gpus"]![Slot]!["mig"] = new JsonObject
    {
        ["enabled"] = true,
        ["enabled_pending"] = true,
        ["max_instances"] = 7,
        ["instances"] = new JsonArray([.. Enumerable.Range(0, parts).Select(i => JsonNode.Parse(
            $$"""
            {
              "slot": {{i}}, "gpu_instance": {{7 + i}}, "compute_instance": 0, "uuid": "{{Instance(uuids, i)}}",
              "name": "NVIDIA H100 80GB HBM3 MIG 1g.10gb", "memory_total_mib": 9984, "memory_used_mib": 12,
              "memory_reserved_mib": 0, "memory_free_mib": 9972, "bar1_total_mib": 16383, "bar1_used_mib": 0, "sm_count": 16,
              "gpu_slices": 1, "compute_slices": 1, "copy_engines": 1, "decoders": 1, "encoders": 0, "jpeg_engines": 1,
              "ofa_engines": 0
            }
            """))]),
    };

    private static string Output(GoHostStep step) => step.Result.GetProperty("output").GetString()!;

    private static List<string> Cordoned(GoHostStep step)
    {
        using var list = JsonDocument.Parse(Output(step));
        return
        [
            .. list.RootElement.GetProperty("gpus").EnumerateArray().Where(gpu => gpu.TryGetProperty("cordon", out _))
                .Select(gpu => gpu.GetProperty("uuid").GetString()!),
        ];
    }

    private static string DriverVersion(GoHostStep step) => step.Result.GetProperty("device_group")[0]
        .GetProperty("attributes").GetProperty("driver_version").GetRawText();

    private static List<string> Ids(GoHostStep step) => [.. step.Devices.Select(device => device.GetProperty("ID").GetString()!)];
}

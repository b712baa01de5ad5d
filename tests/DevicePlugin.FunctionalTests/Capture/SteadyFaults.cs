using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace DevicePlugin.FunctionalTests.Capture;

/// <summary>A fault that a scenario's values show and that stays: what it changes in a GPU.</summary>
/// <param name="Name">As the test's name shows it.</param>
/// <param name="Apply">Changes the GPU's object of the scenario.</param>
internal sealed record SteadyFault(string Name, Action<JsonObject> Apply)
{
    public override string ToString() => Name;
}

/// <summary>Every one that the format can tell.</summary>
internal static class SteadyFaults
{
    private static readonly string[] Misconfigurations =
    [
        "\"none\"", "\"incorrect_sysguid\"", "\"incorrect_chassis_serial\"", "\"no_partition\"", "\"insufficient_nvlinks\"",
        "\"incompatible_gpu_fw\"", "\"invalid_location\"", "\"gpu_state_invalid\"", "8", "9", "15",
    ];

    public static readonly ImmutableArray<SteadyFault> All =
    [
        new("nothing", _ => { }),
        .. Recovery("none", "gpu_reset", "node_reboot", "drain_p2p", "drain_and_reset", "recover_imex"),
        new("recovery_action 7", gpu => gpu["recovery_action"] = 7),
        Of("remap", """{"failed": true}"""),
        Of("remap", """{"pending": true}"""),
        Of("retired_pages", """{"pending": true}"""),
        Of("inforom", """{"valid": false}"""),
        Of("ecc", """{"enabled": true, "uncorrected_volatile": 2, "uncorrected_aggregate": 2}"""),
        Of("ecc", """{"sram_parity_aggregate": 4, "sram_secded_aggregate": 5, "sram_threshold_exceeded": true}"""),
        Of("ecc", """{"channel_repair_pending": true}"""),
        Of("ecc", """{"tpc_repair_pending": true}"""),
        Of("ecc", """{"unrepairable_memory": true}"""),
        Fabric("""{"state": "not_started"}"""),
        Fabric("""{"state": "in_progress"}"""),
        Fabric("""{"state": "not_supported"}"""),
        Fabric("""{"state": 4}"""),
        Fabric("""{"status": "TIMEOUT"}"""),
        Fabric("""{"status": 77}"""),
        Fabric("""{"health": "unhealthy"}"""),
        Fabric("""{"health": "limited_capacity"}"""),
        Fabric("""{"bandwidth_degraded": true, "route_unhealthy": false}"""),
        Fabric("""{"route_recovery": true}"""),
        Fabric("""{"route_unhealthy": true}"""),
        Fabric("""{"access_timeout_recovery": true}"""),
        Fabric("""{"route_recovery": true, "route_unhealthy": true, "access_timeout_recovery": true}"""),
        .. Misconfigurations.Select(word => Fabric($$"""{"incorrect_configuration": {{word}}}""")),
        Fabric("""{"state": "completed"}""", links: """{"links": 4, "down": [1, 3], "version": 4.0}"""),
        Of("nvlink", """{"links": 4, "down": [3], "version": 4.0}"""),
        Of("nvlink", """{"links": 4, "down": [0, 1, 2, 3], "version": 4.0}"""),
        Of("nvlink", """{"links": 12, "down": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], "version": null}"""),
    ];

    private static IEnumerable<SteadyFault> Recovery(params string[] words) =>
        words.Select(word => new SteadyFault($"recovery_action {word}", gpu => gpu["recovery_action"] = word));

    private static SteadyFault Fabric(string changes, string links = """{"links": 18, "down": []}""") => new(
        $"fabric {changes}",
        gpu =>
        {
            gpu["fabric"] = JsonNode.Parse(
                """{"state": "completed", "status": "SUCCESS", "clique": 3, "cluster_uuid": "00000000-0000-0000-0000-000000000007"}""");
            Merge(gpu, "fabric", changes);
            Merge(gpu, "nvlink", links);
        });

    private static SteadyFault Of(string group, string changes) =>
        new($"{group} {changes}", gpu => Merge(gpu, group, changes));

    private static void Merge(JsonObject gpu, string group, string changes)
    {
        gpu[group] ??= new JsonObject();
        foreach (var (key, value) in JsonNode.Parse(changes)!.AsObject())
        {
            gpu[group]![key] = value?.DeepClone();
        }
    }
}

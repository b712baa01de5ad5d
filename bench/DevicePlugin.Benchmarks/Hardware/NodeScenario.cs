using System.Globalization;
using System.Text.Json.Nodes;

namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>Writes scenarios of any number of GPUs in which each NVML call takes the time it takes on hardware.</summary>
internal static class NodeScenario
{
    /// <summary>
    /// Milliseconds; the first entry that matches counts. Measured ones are from MangoHud's and gpustat's issues and the
    /// header's text on PCIe counters. Nobody has published the field values': they hold the power reading, so they
    /// are given its time and some more. The rest is given the memory's.
    /// </summary>
    private static readonly (string Function, double Milliseconds)[] Delays =
    [
        ("nvmlDeviceGetPcieThroughput", 20),
        ("nvmlDeviceGetComputeRunningProcesses", 4.5),
        ("nvmlDeviceGetGraphicsRunningProcesses", 4.5),
        ("nvmlDeviceGetFieldValues", 0.5),
        ("nvmlDeviceGetPowerUsage", 0.36),
        ("nvmlDeviceGetFanSpeed", 0.137),
        ("nvmlDeviceGetUtilizationRates", 0.0025),
        ("nvmlDeviceGet*", 0.012),
    ];

    public static void Write(NodeShape shape, string repository, string path)
    {
        var builtIn = Path.Combine(repository, "hwmocks", "scenarios", $"{shape.Template}.json");
        var scenario = JsonNode.Parse(File.ReadAllText(builtIn))!.AsObject();
        var template = scenario["gpus"]![shape.Position]!;
        scenario["gpus"] = new JsonArray([.. Enumerable.Range(0, shape.Gpus).Select(gpu => Gpu(template, gpu))]);
        scenario["calls"] = new JsonArray([.. Delays.Select(Delay)]);
        File.WriteAllText(path, scenario.ToJsonString());
    }

    private static JsonNode Gpu(JsonNode template, int position)
    {
        var gpu = template.DeepClone();
        var identity = gpu["identity"]!;
        identity["uuid"] = Uuid("GPU", position, 0);
        identity["minor_number"] = position;
        identity["serial"] = Text($"{1650000000000 + position}");
        gpu["pci"]!["bus_id"] = Text($"00000000:{1 + (2 * position):X2}:00.0");
        var instances = gpu["mig"]?["instances"]?.AsArray() ?? [];
        for (var i = 0; i < instances.Count; i++)
        {
            instances[i]!["uuid"] = Uuid("MIG", position, i);
        }

        return gpu;
    }

    private static JsonNode Delay((string Function, double Milliseconds) call, int position) => new JsonObject
    {
        ["id"] = Text($"delay{position}"),
        ["function"] = call.Function,
        ["delay_ms"] = call.Milliseconds,
    };

    private static string Uuid(string prefix, int gpu, int instance) =>
        Text($"{prefix}-be000000-0000-0000-{instance:x4}-{gpu:x12}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

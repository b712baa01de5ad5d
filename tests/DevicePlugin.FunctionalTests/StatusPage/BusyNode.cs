using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.Nvml;

namespace DevicePlugin.FunctionalTests.StatusPage;

/// <summary>Scenarios that are made from the built-in ones, in a folder that goes away with them.</summary>
internal sealed class BusyNode : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("page").FullName;

    /// <summary>Eight H100 at work, one of which gets an XID that only passes by and one that falls off the bus.</summary>
    public string WithLoad()
    {
        var node = JsonNode.Parse(File.ReadAllText(PluginProcess.BuiltIn("dgx-h100")))!.AsObject();
        var patterns = new JsonArray();
        (int Gpu, double Low, double High, double Memory, double Period)[] loads =
        [
            (0, 86, 99, 70000, 61), (1, 84, 98, 70500, 23), (3, 22, 65, 31000, 17), (4, 90, 99, 76000, 31),
            (7, 40, 80, 52000, 21),
        ];
        foreach (var (gpu, low, high, memory, period) in loads)
        {
            patterns.Add(Pattern(gpu, "utilization.gpu_percent", low, high, period));
            patterns.Add(Pattern(gpu, "memory.used_mib", memory * 0.96, memory, period * 2));
            patterns.Add(Pattern(gpu, "power.usage_watts", 90 + (low * 5.2), 90 + (high * 5.9), period));
            patterns.Add(Pattern(gpu, "thermal.gpu_c", 31 + (low * 0.33), 33 + (high * 0.36), period));
        }

        node["patterns"] = patterns;
        node["timeline"] = new JsonArray(Xid("passing", 1, 3, 31), Xid("grave", 2, 6, 79));
        return Write(node);
    }

    /// <summary>160 A100 with seven instances each.</summary>
    public string WithManyDevices()
    {
        var node = JsonNode.Parse(File.ReadAllText(PluginProcess.BuiltIn("dgx-a100-mig")))!.AsObject();
        var divided = node["gpus"]!.AsArray().First(gpu => gpu!["mig"]?["instances"]?.AsArray().Count == 7)!;
        var gpus = new JsonArray();
        for (var n = 0; n < 160; n++)
        {
            var gpu = divided.DeepClone();
            gpu["identity"]!["uuid"] = $"GPU-{n:00000000}-0000-0000-0000-000000000000";
            gpu["identity"]!["serial"] = $"{1_000_000 + n}";
            gpu["identity"]!["minor_number"] = n;
            gpu["pci"]!["bus_id"] = $"0000{n / 32:x4}:{(n % 32) + 1:x2}:00.0";
            foreach (var instance in gpu["mig"]!["instances"]!.AsArray())
            {
                instance!["uuid"] = $"MIG-{n:00000000}-{(int)instance["slot"]!:0000}-0000-0000-000000000000";
            }

            gpus.Add(gpu);
        }

        node["gpus"] = gpus;
        return Write(node);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static JsonObject Pattern(int gpu, string value, double low, double high, double period) => new()
    {
        ["gpu"] = gpu,
        ["value"] = value,
        ["shape"] = "sine",
        ["low"] = low,
        ["high"] = high,
        ["period_seconds"] = period,
    };

    private static JsonObject Xid(string id, double at, int gpu, int number) => new()
    {
        ["id"] = id,
        ["at"] = at,
        ["gpu"] = gpu,
        ["event"] = new JsonObject { ["type"] = "xid", ["data"] = number },
    };

    private string Write(JsonObject node)
    {
        node.Remove("$schema");
        var path = Path.Combine(_folder, $"{Guid.NewGuid():n}.json");
        File.WriteAllText(path, node.ToJsonString());
        return path;
    }
}

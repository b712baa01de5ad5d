using System.Text.Json;

namespace DevicePlugin.Comparison;

/// <summary>What <c>fingerprint --json</c> and <c>stats --json</c> print for a node.</summary>
internal sealed class NodeReport
{
    public NodeReport(JsonElement fingerprint, JsonElement statistics)
    {
        Fingerprint = fingerprint;
        foreach (var group in fingerprint.GetProperty("groups").EnumerateArray())
        {
            foreach (var device in group.GetProperty("devices").EnumerateArray())
            {
                Gpus.Add(new ReportedGpu(this, group, device, FindStatistics(statistics, device.GetProperty("id").GetString()!)));
            }
        }
    }

    public JsonElement Fingerprint { get; }

    /// <summary>A device each; MIG instances are devices of their own, and have the address of their GPU.</summary>
    public List<ReportedGpu> Gpus { get; } = [];

    public int GpuCount => Gpus.DistinctBy(gpu => gpu.Key).Count();

    private static JsonElement FindStatistics(JsonElement statistics, string id)
    {
        foreach (var group in statistics.GetProperty("groups").EnumerateArray())
        {
            if (group.GetProperty("instances").TryGetProperty(id, out var instance))
            {
                return instance.GetProperty("stats");
            }
        }

        return default;
    }
}

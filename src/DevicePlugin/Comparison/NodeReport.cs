using System.Text.Json;

namespace DevicePlugin.Comparison;

/// <summary>A physical GPU. In MIG mode only its instances are listed as devices; without instances, no output lists the GPU.</summary>
internal sealed record KnownGpu(string Uuid, string? PciBusId, bool HasMigMode)
{
    public string Key => PciBusId ?? Uuid;
}

/// <summary>What <c>fingerprint --json</c> and <c>stats --json</c> print for a node.</summary>
internal sealed class NodeReport
{
    /// <param name="fingerprint">What the first command prints.</param>
    /// <param name="statistics">What the second one prints.</param>
    /// <param name="physical">Empty where only the output is known.</param>
    public NodeReport(JsonElement fingerprint, JsonElement statistics, IReadOnlyList<KnownGpu>? physical = null)
    {
        Fingerprint = fingerprint;
        Physical = physical ?? [];
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

    public IReadOnlyList<KnownGpu> Physical { get; }

    public int GpuCount => Gpus.Select(gpu => gpu.Key).Concat(Physical.Select(gpu => gpu.Key)).Distinct().Count();

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

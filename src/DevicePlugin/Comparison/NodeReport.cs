using System.Text.Json;

namespace DevicePlugin.Comparison;

/// <summary>What <c>fingerprint --json</c> and <c>stats --json</c> print for a node.</summary>
internal sealed class NodeReport
{
    public NodeReport(JsonElement fingerprint, JsonElement statistics)
    {
        Fingerprint = fingerprint;
        var instances = statistics.GetProperty("groups").EnumerateArray()
            .SelectMany(group => group.GetProperty("instances").EnumerateObject())
            .ToDictionary(instance => instance.Name, instance => instance.Value.GetProperty("stats"));
        Gpus =
        [
            .. from Group in fingerprint.GetProperty("groups").EnumerateArray()
               from Device in Group.GetProperty("devices").EnumerateArray()
               let uuid = Device.GetProperty("id").GetString()!
               select new ReportedGpu(this, uuid, Group, Device, instances.GetValueOrDefault(uuid)),
        ];
    }

    public JsonElement Fingerprint { get; }

    /// <summary>A device each; MIG instances are devices of their own, and have the address of their GPU.</summary>
    public IReadOnlyList<ReportedGpu> Gpus { get; }

    public int GpuCount => Gpus.DistinctBy(gpu => gpu.PciBusId ?? gpu.Uuid).Count();
}

using System.Text.Json;

namespace DevicePlugin.Comparison;

/// <summary>What the plugin says of one GPU, as its commands print it.</summary>
internal sealed class ReportedGpu(NodeReport report, JsonElement group, JsonElement device, JsonElement statistics)
{
    public NodeReport Report => report;

    public JsonElement Group => group;

    public JsonElement Statistics => statistics;

    public string Uuid { get; } = device.GetProperty("id").GetString()!;

    public string? PciBusId { get; } = device.TryGetProperty("pci_bus_id", out var address) ? address.GetString() : null;

    /// <summary>Names the physical GPU.</summary>
    public string Key => PciBusId ?? Uuid;

    public bool IsInstance => Uuid.StartsWith("MIG-", StringComparison.Ordinal);

    public string GroupName { get; } = group.GetProperty("name").GetString() ?? "";
}

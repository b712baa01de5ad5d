using System.Text.Json;

namespace DevicePlugin.Comparison;

/// <summary>What the plugin says of one GPU, as its commands print it.</summary>
internal sealed record ReportedGpu(
    NodeReport Report, string Uuid, JsonElement Group, JsonElement Device, JsonElement Statistics)
{
    public string? PciBusId => Device.TryGetProperty("pci_bus_id", out var address) ? address.GetString() : null;

    public bool IsInstance => Uuid.StartsWith("MIG-", StringComparison.Ordinal);

    public string GroupName => Group.GetProperty("name").GetString() ?? "";
}

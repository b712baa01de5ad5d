using System.Collections.Immutable;
using System.Globalization;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// Hides the devices that the configuration names by UUID, NVML index or PCI bus id. A physical GPU takes its MIG instances
/// along; a MIG instance is named by its own UUID only.
/// </summary>
public sealed class DeviceFilter(IEnumerable<string> ignoredIds)
{
    public static readonly DeviceFilter None = new([]);

    private readonly ImmutableArray<string> _ignored = [.. ignoredIds];

    public bool Hides(GpuDevice device) => _ignored.Any(id => Names(id, device));

    /// <summary>Ids that name no device of this node: probably a mistake, never an error.</summary>
    public IEnumerable<string> UnknownIds(IReadOnlyCollection<GpuDevice> devices) =>
        _ignored.Where(id => !devices.Any(device => Names(id, device)));

    private static bool Names(string id, GpuDevice device) =>
        string.Equals(id, device.Uuid, StringComparison.OrdinalIgnoreCase)
        || string.Equals(id, device.PhysicalUuid, StringComparison.OrdinalIgnoreCase)
        || (int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index == device.Index)
        || (device.PciBusId is { } address && PciBusId.Normalize(id) == address);
}

using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// Hides the devices that the configuration names by UUID, NVML index or PCI bus id. A physical GPU takes its MIG instances
/// along; a MIG instance is named by its own UUID only.
/// </summary>
public sealed class DeviceFilter(IEnumerable<string> ignoredIds)
{
    public static readonly DeviceFilter None = new([]);

    private readonly ImmutableArray<DeviceSelector> _ignored = [.. ignoredIds.Select(id => new DeviceSelector(id))];

    public bool Hides(GpuDevice device) => _ignored.Any(id => id.Matches(device));

    /// <summary>Ids that name no device of this node: probably a mistake, never an error.</summary>
    public IEnumerable<string> UnknownIds(IReadOnlyCollection<GpuDevice> devices) =>
        _ignored.Where(id => !devices.Any(id.Matches)).Select(id => id.Text);
}

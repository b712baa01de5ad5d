using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>From an enumeration to what Nomad is offered: hidden devices out, parents of MIG instances out, health on.</summary>
internal static class InventoryBuilder
{
    public static Inventory Build(NodeReport report, DeviceFilter filter, HealthTracker health, bool isSimulated)
    {
        var parents = report.Devices
            .Where(device => device.Mig is not null)
            .Select(device => device.PhysicalUuid)
            .ToHashSet(StringComparer.Ordinal);

        // A GPU in MIG mode without instances runs nothing. Two devices of one UUID would be one to Nomad, which keeps
        // the last of them.
        var offered = report.Devices
            .Where(device => !parents.Contains(device.Uuid) && !filter.Hides(device))
            .Where(device => device.Mig is not null || device.Facts.MigMode != true)
            .DistinctBy(device => device.Uuid)
            .Select(device => new InventoryDevice(device.Uuid, device, health.Assess(device)));
        return new Inventory(report.Driver, offered, isSimulated);
    }
}

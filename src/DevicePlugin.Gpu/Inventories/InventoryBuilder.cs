using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Sharing;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>From an enumeration to what Nomad is offered: hidden devices out, parents of MIG instances out, health on, replicas made.</summary>
internal static class InventoryBuilder
{
    public static Inventory Build(
        NodeReport report, MonitorSettings settings, HealthTracker health, DeviceRetention retention,
        ObstacleRecord obstacles, CordonList cordons, bool isSimulated)
    {
        // Without a judgement of health there is none about what is missing either, nor about a GPU in MIG mode whose
        // instances cannot be seen: no task could use it.
        var keepsMissing = settings.Health.Enabled || report.Driver.State == DriverState.Maintenance || report.IsPartial;
        var listed = retention.Apply(report).ToList();
        var partners = CountComputeInstances(listed.Select(kept => kept.Device));
        var offered = listed
            .Where(kept => (keepsMissing || kept is { Reason: null, Device: not { Mig: null, Facts.MigMode: true } }) && !settings.Filter.Hides(kept.Device))
            .Select(kept => Offer(kept.Device, kept.Reason, report, health, obstacles, cordons) with
            {
                ComputeInstances = kept.Device.Mig is { } mig ? partners[(mig.ParentUuid, mig.GpuInstanceId)] : null,
            })
            .ToList();
        return new Inventory(report.Driver, ReplicaExpansion.Apply(offered, settings.Sharing), isSimulated);
    }

    // All that are listed count: one that is hidden or lost has the memory all the same.
    private static Dictionary<(string Gpu, int Instance), int> CountComputeInstances(IEnumerable<GpuDevice> devices) =>
        devices.Select(device => device.Mig).OfType<MigInstance>()
            .CountBy(mig => (mig.ParentUuid, mig.GpuInstanceId)).ToDictionary();

    private static InventoryDevice Offer(
        GpuDevice device, DeviceHealth? reason, NodeReport report, HealthTracker health, ObstacleRecord obstacles,
        CordonList cordons)
    {
        // Health stands for what was read of it from here on: its evidence may vary, and is no news.
        var plain = device with { Faults = [], RecoveryNeeded = null, Obstacle = null, NvLinksSeenUp = 0 };
        var assessed = health.Assess(device);

        // A GPU that was unfit before it went away keeps its text: that is why it went, and another one would be news.
        var isMaintenance = report.Driver.State == DriverState.Maintenance;
        var told = reason is null ? assessed
            : isMaintenance ? reason
            : assessed.IsUsable ? assessed.And(reason)
            : assessed with { UntoldWord = reason.Word };
        var cordon = cordons.Find(device);
        return new InventoryDevice(device.Uuid, plain, cordons.Apply(cordon, obstacles.Apply(device.Uuid, told)))
        {
            Obstacle = obstacles.Find(device.Uuid),
            ObstacleSince = obstacles.FindOnset(device.Uuid),
            Cordon = cordon,
        };
    }
}

using System.Collections.Immutable;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Changes;

/// <summary>How a device is, for whoever acts on changes of it.</summary>
/// <param name="Device">As it is offered.</param>
/// <param name="Causes">What is wrong with it, also what the configuration only reports.</param>
/// <param name="Cordon">Null while it is in service, and where the record of cordons cannot be read.</param>
public sealed record DeviceCondition(InventoryDevice Device, ImmutableArray<CauseReport> Causes, Cordon? Cordon)
{
    /// <summary>Whether Nomad places no task on it.</summary>
    public bool IsWithheld => !Device.Health.IsUsable;

    public string State => HealthStateWord.Of(Device.Health.State);

    internal static DeviceCondition Of(InventoryDevice device, HealthTracker health, CordonRecord cordons)
    {
        var causes = health.CausesOf(device.Gpu);

        // What is not tracked as a cause: that the device is gone, or under maintenance.
        if (device.Health is { Word: CauseWord.Gone or CauseWord.Maintenance, Since: { } began } untracked)
        {
            causes = causes.Add(new CauseReport(untracked.Word, untracked.Cause, untracked.Advice, began, began, 1));
        }

        if (device is { Obstacle: { } obstacle, ObstacleSince: { } since })
        {
            causes = causes.Add(new CauseReport(CauseWord.CannotBeHandedOut, obstacle, "", since, since, 1));
        }

        return new DeviceCondition(device, causes, device.Cordon is null ? null : cordons.Find(device.Gpu));
    }
}

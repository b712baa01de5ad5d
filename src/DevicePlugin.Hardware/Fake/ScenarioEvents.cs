using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>What a timeline entry means to a watcher.</summary>
internal static class ScenarioEvents
{
    public static IEnumerable<GpuEvent> Of(TimelineEntry entry, NodeState node)
    {
        if (entry.ChangesNode)
        {
            yield return new GpuEvent(GpuEventKind.Inventory, null);
        }

        if (entry.Event is not { } @event || KindOf(@event[EventKeys.Type]!) is not { } kind)
        {
            yield break;
        }

        foreach (var gpu in node.Gpus.Where(gpu => entry.Gpu!.Selects(gpu.Position, gpu.Uuid)))
        {
            yield return new GpuEvent(
                kind,
                gpu.Uuid,
                kind == GpuEventKind.Xid ? @event[EventKeys.Data] ?? 0 : 0,
                (int?)@event[EventKeys.GpuInstance],
                (int?)@event[EventKeys.ComputeInstance]);
        }
    }

    // Types that leave nothing new in an enumeration are not the plugin's business; numbers are bits of nvmlEventType.
    private static GpuEventKind? KindOf(string type) => type switch
    {
        "xid" or "8" => GpuEventKind.Xid,
        "recovery_action" or "32768" => GpuEventKind.RecoveryAction,
        "mig_config" or "double_bit_ecc" or "dram_retirement" or "dram_retirement_failure" or "nonfatal_poison"
            or "fatal_poison" or "gpu_unavailable" => GpuEventKind.Inventory,
        _ => null,
    };
}

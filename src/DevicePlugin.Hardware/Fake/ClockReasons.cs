using System.Collections.Immutable;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Fake;

internal static class ClockReasons
{
    private static readonly Dictionary<string, ClockEventReasons> ByWord = new()
    {
        ["idle"] = ClockEventReasons.Idle,
        ["application_clocks"] = ClockEventReasons.ApplicationClocks,
        ["software_power_cap"] = ClockEventReasons.SoftwarePowerCap,
        ["hardware_slowdown"] = ClockEventReasons.HardwareSlowdown,
        ["sync_boost"] = ClockEventReasons.SyncBoost,
        ["software_thermal"] = ClockEventReasons.SoftwareThermal,
        ["hardware_thermal"] = ClockEventReasons.HardwareThermal,
        ["power_brake"] = ClockEventReasons.PowerBrake,
        ["display"] = ClockEventReasons.Display,
    };

    public static ClockEventReasons? Of(ImmutableArray<string>? words) =>
        words?.Aggregate(ClockEventReasons.None, (reasons, word) => reasons | ByWord[word]);
}

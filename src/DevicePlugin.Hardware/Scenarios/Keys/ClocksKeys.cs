namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class ClocksKeys
{
    public static readonly KeyGroup Group = new("clocks");
    public static readonly IntegerKey GraphicsMHz = Group.Integer("graphics_mhz", 0, 100_000);
    public static readonly IntegerKey SmMHz = Group.Integer("sm_mhz", 0, 100_000);
    public static readonly IntegerKey MemoryMHz = Group.Integer("memory_mhz", 0, 100_000);
    public static readonly IntegerKey VideoMHz = Group.Integer("video_mhz", 0, 100_000);
    public static readonly IntegerKey MaxGraphicsMHz = Group.Integer("max_graphics_mhz", 0, 100_000);
    public static readonly IntegerKey MaxSmMHz = Group.Integer("max_sm_mhz", 0, 100_000);
    public static readonly IntegerKey MaxMemoryMHz = Group.Integer("max_memory_mhz", 0, 100_000);
    public static readonly IntegerKey MaxVideoMHz = Group.Integer("max_video_mhz", 0, 100_000);
    public static readonly IntegerKey ApplicationGraphicsMHz = Group.Integer("application_graphics_mhz", 0, 100_000);
    public static readonly IntegerKey ApplicationMemoryMHz = Group.Integer("application_memory_mhz", 0, 100_000);

    public static readonly IntegerKey DefaultApplicationGraphicsMHz =
        Group.Integer("default_application_graphics_mhz", 0, 100_000);

    public static readonly IntegerKey DefaultApplicationMemoryMHz =
        Group.Integer("default_application_memory_mhz", 0, 100_000);
    public static readonly IntegerKey BoostGraphicsMHz = Group.Integer("boost_graphics_mhz", 0, 100_000);

    public static readonly WordListKey EventReasons =
        Group.WordList("event_reasons",
        [
            "idle", "application_clocks", "software_power_cap", "hardware_slowdown", "sync_boost", "software_thermal",
            "hardware_thermal", "power_brake", "display"
        ]);
    public static readonly IntegerKey PerformanceState = Group.Integer("performance_state", 0, 15);
    public static readonly IntegerKey PowerCapUs = Group.Count("power_cap_us");
    public static readonly IntegerKey SyncBoostUs = Group.Count("sync_boost_us");
    public static readonly IntegerKey SoftwareThermalUs = Group.Count("software_thermal_us");
    public static readonly IntegerKey HardwareThermalUs = Group.Count("hardware_thermal_us");
    public static readonly IntegerKey PowerBrakeUs = Group.Count("power_brake_us");
    public static readonly ObjectListKey Supported = Group.ObjectList("supported", ClockSetKeys.Group);
}

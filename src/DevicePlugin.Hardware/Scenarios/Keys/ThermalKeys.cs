namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class ThermalKeys
{
    public static readonly KeyGroup Group = new("thermal");
    public static readonly IntegerKey GpuC = Group.Integer("gpu_c", -300, 300);
    public static readonly IntegerKey MemoryC = Group.Integer("memory_c", -300, 300);
    public static readonly IntegerKey MarginC = Group.Integer("margin_c", -300, 300);
    public static readonly IntegerKey ShutdownC = Group.Integer("shutdown_c", -300, 300);
    public static readonly IntegerKey SlowdownC = Group.Integer("slowdown_c", -300, 300);
    public static readonly IntegerKey MemoryMaxC = Group.Integer("memory_max_c", -300, 300);
    public static readonly IntegerKey GpuMaxC = Group.Integer("gpu_max_c", -300, 300);
    public static readonly IntegerKey ShutdownMarginC = Group.Integer("shutdown_margin_c", -300, 300);
    public static readonly IntegerKey SlowdownMarginC = Group.Integer("slowdown_margin_c", -300, 300);
    public static readonly IntegerKey MemoryMaxMarginC = Group.Integer("memory_max_margin_c", -300, 300);
    public static readonly IntegerKey GpuMaxMarginC = Group.Integer("gpu_max_margin_c", -300, 300);
    public static readonly IntegerKey Fans = Group.Integer("fans", 0, 16);
    public static readonly IntegerKey FanPercent = Group.Integer("fan_percent", 0, 200);
}

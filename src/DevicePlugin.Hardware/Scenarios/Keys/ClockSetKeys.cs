namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class ClockSetKeys
{
    public static readonly KeyGroup Group = new("");
    public static readonly IntegerKey MemoryMHz = Group.Require(Group.Integer("memory_mhz", 0, 100_000));
    public static readonly IntegerListKey GraphicsMHz = Group.Require(Group.IntegerList("graphics_mhz", 0, 100_000));
}

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class NvlinkKeys
{
    public static readonly KeyGroup Group = new("nvlink");
    public static readonly IntegerKey Links = Group.Integer("links", 0, 36);
    public static readonly IntegerListKey Down = Group.IntegerList("down", 0, 35);
    public static readonly DecimalKey Version = Group.Decimal("version", 0, 100);
    public static readonly IntegerKey SpeedMBPerSecond = Group.Integer("speed_mb_per_second", 0, 10_000_000);
    public static readonly IntegerKey ReplayErrors = Group.Count("replay_errors");
    public static readonly IntegerKey RecoveryErrors = Group.Count("recovery_errors");
    public static readonly IntegerKey CrcErrors = Group.Count("crc_errors");
}

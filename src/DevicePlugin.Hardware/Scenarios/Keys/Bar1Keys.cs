namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class Bar1Keys
{
    public static readonly KeyGroup Group = new("bar1");
    public static readonly DecimalKey TotalMiB = Group.MiB("total_mib");
    public static readonly DecimalKey UsedMiB = Group.MiB("used_mib");
    public static readonly DecimalKey FreeMiB = Group.MiB("free_mib");
}

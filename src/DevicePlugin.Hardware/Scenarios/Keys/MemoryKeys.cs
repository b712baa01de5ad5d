namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class MemoryKeys
{
    public static readonly KeyGroup Group = new("memory");
    public static readonly DecimalKey TotalMiB = Group.MiB("total_mib");
    public static readonly DecimalKey ReservedMiB = Group.MiB("reserved_mib");
    public static readonly DecimalKey UsedMiB = Group.MiB("used_mib");
    public static readonly DecimalKey FreeMiB = Group.MiB("free_mib");
    public static readonly IntegerKey BusWidthBits = Group.Integer("bus_width_bits", 1, 100_000);
    public static readonly FlagKey Unified = Group.Flag("unified");
    public static readonly IntegerKey NumaNode = Group.Integer("numa_node", 0, 65_535);
    public static readonly DecimalKey ProtectedTotalMiB = Group.MiB("protected_total_mib");
    public static readonly DecimalKey ProtectedUsedMiB = Group.MiB("protected_used_mib");
}

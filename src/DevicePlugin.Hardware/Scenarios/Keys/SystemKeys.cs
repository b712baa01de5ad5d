namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class SystemKeys
{
    public static readonly KeyGroup Group = new("");
    public static readonly DecimalKey MemoryTotalMiB = Group.MiB("memory_total_mib");
    public static readonly DecimalKey MemoryAvailableMiB = Group.MiB("memory_available_mib");
    public static readonly FlagKey ConfidentialCompute = Group.Flag("confidential_compute");
    public static readonly IntegerKey CpusPerNumaNode = Group.Integer("cpus_per_numa_node", 1, 65_536);
}

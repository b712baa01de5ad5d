namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class CudaKeys
{
    public static readonly KeyGroup Group = new("cuda");
    public static readonly IntegerKey SmCount = Group.Integer("sm_count", 0, 100_000);
    public static readonly IntegerKey L2CacheKiB = Group.Integer("l2_cache_kib", 0, 100_000_000);
    public static readonly IntegerKey SharedMemoryPerSmKiB = Group.Integer("shared_memory_per_sm_kib", 0, 1_000_000);
    public static readonly IntegerKey ThreadsPerSm = Group.Integer("threads_per_sm", 0, 100_000);
    public static readonly IntegerKey CopyEngines = Group.Integer("copy_engines", 0, 64);
    public static readonly IntegerKey ClockMHz = Group.Integer("clock_mhz", 0, 100_000);
    public static readonly FlagKey Integrated = Group.Flag("integrated");
    public static readonly FlagKey ManagedMemory = Group.Flag("managed_memory");
    public static readonly DecimalKey TotalMemoryMiB = Group.MiB("total_memory_mib");
}

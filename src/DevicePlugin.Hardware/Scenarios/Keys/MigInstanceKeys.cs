namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class MigInstanceKeys
{
    public static readonly KeyGroup Group = new("");
    public static readonly IntegerKey Slot = Group.Require(Group.Integer("slot", 0, 63));
    public static readonly IntegerKey GpuInstance = Group.Require(Group.Integer("gpu_instance", 0, int.MaxValue));

    public static readonly IntegerKey ComputeInstance =
        Group.Require(Group.Integer("compute_instance", 0, int.MaxValue));
    public static readonly TextKey Uuid = Group.Require(Group.Text("uuid", 79));
    public static readonly TextKey Name = Group.Require(Group.Text("name", 95));
    public static readonly DecimalKey MemoryTotalMiB = Group.MiB("memory_total_mib");
    public static readonly DecimalKey MemoryUsedMiB = Group.MiB("memory_used_mib");
    public static readonly DecimalKey MemoryReservedMiB = Group.MiB("memory_reserved_mib");
    public static readonly DecimalKey MemoryFreeMiB = Group.MiB("memory_free_mib");
    public static readonly DecimalKey Bar1TotalMiB = Group.MiB("bar1_total_mib");
    public static readonly DecimalKey Bar1UsedMiB = Group.MiB("bar1_used_mib");
    public static readonly IntegerKey SmCount = Group.Integer("sm_count", 0, 100_000);
    public static readonly IntegerKey GpuSlices = Group.Integer("gpu_slices", 0, 64);
    public static readonly IntegerKey ComputeSlices = Group.Integer("compute_slices", 0, 64);
    public static readonly IntegerKey CopyEngines = Group.Integer("copy_engines", 0, 64);
    public static readonly IntegerKey Decoders = Group.Integer("decoders", 0, 64);
    public static readonly IntegerKey Encoders = Group.Integer("encoders", 0, 64);
    public static readonly IntegerKey JpegEngines = Group.Integer("jpeg_engines", 0, 64);
    public static readonly IntegerKey OfaEngines = Group.Integer("ofa_engines", 0, 64);
    public static readonly DecimalKey GraphicsPercent = Group.Decimal("graphics_percent", 0, 100);
    public static readonly DecimalKey SmPercent = Group.Decimal("sm_percent", 0, 100);
    public static readonly DecimalKey DramPercent = Group.Decimal("dram_percent", 0, 100);
}

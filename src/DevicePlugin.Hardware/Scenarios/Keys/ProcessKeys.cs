namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class ProcessKeys
{
    public static readonly KeyGroup Group = new("");
    public static readonly IntegerKey Pid = Group.Require(Group.Integer("pid", 1, uint.MaxValue));
    public static readonly TextKey Name = Group.Text("name", 1023);
    public static readonly DecimalKey UsedMiB = Group.MiB("used_mib");
    public static readonly IntegerKey GpuInstance = Group.Integer("gpu_instance", 0, int.MaxValue);
    public static readonly IntegerKey ComputeInstance = Group.Integer("compute_instance", 0, int.MaxValue);
    public static readonly IntegerKey SmPercent = Group.Integer("sm_percent", 0, 100);
    public static readonly IntegerKey MemoryPercent = Group.Integer("memory_percent", 0, 100);
    public static readonly IntegerKey EncoderPercent = Group.Integer("encoder_percent", 0, 100);
    public static readonly IntegerKey DecoderPercent = Group.Integer("decoder_percent", 0, 100);
    public static readonly IntegerKey ActiveMs = Group.Count("active_ms");
    public static readonly IntegerKey StartedUs = Group.Count("started_us");
}

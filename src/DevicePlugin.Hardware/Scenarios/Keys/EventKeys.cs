namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class EventKeys
{
    public static readonly KeyGroup Group = new("");

    public static readonly WordKey Type =
        Group.Require(Group.Word("type",
        [
            "single_bit_ecc", "double_bit_ecc", "pstate", "xid", "clock", "power_source", "mig_config",
            "single_bit_storm", "dram_retirement", "dram_retirement_failure", "nonfatal_poison", "fatal_poison",
            "gpu_unavailable", "recovery_action"
        ]));
    public static readonly IntegerKey Data = Group.Count("data");
    public static readonly IntegerKey GpuInstance = Group.Integer("gpu_instance", 0, int.MaxValue);
    public static readonly IntegerKey ComputeInstance = Group.Integer("compute_instance", 0, int.MaxValue);
}

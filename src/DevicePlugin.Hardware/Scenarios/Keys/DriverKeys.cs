namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class DriverKeys
{
    public static readonly KeyGroup Group = new("");

    public static readonly WordKey State =
        Group.Require(Group.ClosedWord("state",
        [
            "loaded", "library_missing", "not_loaded", "version_mismatch", "no_permission", "failed"
        ]));
    public static readonly TextKey Version = Group.Text("version", 79);
    public static readonly TextKey NvmlVersion = Group.Text("nvml_version", 79);
    public static readonly TextKey CudaVersion = Group.Text("cuda_version", pattern: Patterns.CudaVersion);
    public static readonly FlagKey LossLasts = Group.NeverNull(Group.Flag("loss_lasts"));
    public static readonly FlagKey FixedGpus = Group.NeverNull(Group.Flag("fixed_gpus"));
    public static readonly FlagKey RegistrationBlocks = Group.NeverNull(Group.Flag("registration_blocks"));
    public static readonly IntegerKey EventTypes = Group.NeverNull(Group.Integer("event_types", 0, uint.MaxValue));
    public static readonly IntegerKey KnownEventTypes =
        Group.NeverNull(Group.Integer("known_event_types", 0, uint.MaxValue));
    public static readonly DecimalKey GpuInitMs = Group.NeverNull(Group.Decimal("gpu_init_ms", 0, 3_600_000));
    public static readonly DecimalKey IdleSeconds = Group.NeverNull(Group.Seconds("idle_seconds"));
    public static readonly FlagKey ReusesMigHandles = Group.NeverNull(Group.Flag("reuses_mig_handles"));
    public static readonly FlagKey MpsWaits = Group.NeverNull(Group.Flag("mps_waits"));
    public static readonly FlagKey CountsFromBoot = Group.NeverNull(Group.Flag("counts_from_boot"));
}

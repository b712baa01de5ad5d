namespace DevicePlugin.Hardware.Scenarios.Keys;

/// <summary>Keys of a GPU that stand outside its groups.</summary>
internal static class GpuKeys
{
    public static readonly KeyGroup Group = new("");
    public static readonly FlagKey Present = Group.NeverNull(Group.Flag("present"));

    public static readonly WordKey State =
        Group.NeverNull(Group.ClosedWord("state",
        [
            "ok", "lost", "reset_required", "no_permission", "insufficient_power", "irq_issue",
            "operating_system", "timeout", "in_use", "insufficient_resources", "unknown_error"
        ]));

    public static readonly WordKey RecoveryAction =
        Group.Word("recovery_action",
        [
            "none", "gpu_reset", "node_reboot", "drain_p2p", "drain_and_reset", "recover_imex"
        ]);
}

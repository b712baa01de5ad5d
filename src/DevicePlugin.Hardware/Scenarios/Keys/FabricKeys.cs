namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class FabricKeys
{
    public static readonly KeyGroup Group = new("fabric");

    public static readonly WordKey State =
        Group.Word("state", ["not_supported", "not_started", "in_progress", "completed"]);
    public static readonly WordKey Status = Group.Word("status", ReturnCodes.Names);
    public static readonly IntegerKey Clique = Group.Integer("clique", 0, int.MaxValue);
    public static readonly TextKey ClusterUuid = Group.Text("cluster_uuid", pattern: Patterns.Guid);

    public static readonly WordKey Health =
        Group.Word("health", ["not_supported", "healthy", "unhealthy", "limited_capacity"]);
    public static readonly FlagKey BandwidthDegraded = Group.Flag("bandwidth_degraded");
    public static readonly FlagKey RouteRecovery = Group.Flag("route_recovery");
    public static readonly FlagKey RouteUnhealthy = Group.Flag("route_unhealthy");
    public static readonly FlagKey AccessTimeoutRecovery = Group.Flag("access_timeout_recovery");

    public static readonly WordKey IncorrectConfiguration =
        Group.Word("incorrect_configuration",
        [
            "not_supported", "none", "incorrect_sysguid", "incorrect_chassis_serial", "no_partition", "insufficient_nvlinks",
            "incompatible_gpu_fw", "invalid_location", "gpu_state_invalid"
        ]);
}

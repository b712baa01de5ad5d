namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class IdentityKeys
{
    public static readonly KeyGroup Group = new("identity");
    public static readonly TextKey Name = Group.Text("name", 95);
    public static readonly TextKey Uuid = Group.Text("uuid", 79);
    public static readonly TextKey Serial = Group.Text("serial", 29);

    public static readonly WordKey Brand =
        Group.Word("brand",
        [
            "unknown", "quadro", "tesla", "nvs", "grid", "geforce", "titan", "vapps", "vpc", "vcs", "vws",
            "cloud_gaming", "quadro_rtx", "nvidia_rtx", "nvidia", "geforce_rtx", "titan_rtx"
        ]);

    public static readonly WordKey Architecture =
        Group.Word("architecture",
        [
            "kepler", "maxwell", "pascal", "volta", "turing", "ampere", "ada", "hopper", "blackwell", "rubin",
            "unknown"
        ]);
    public static readonly TextKey ComputeCapability = Group.Text("compute_capability", pattern: Patterns.Version);
    public static readonly IntegerKey CudaCores = Group.Integer("cuda_cores", 0, 10_000_000);
    public static readonly IntegerKey MinorNumber = Group.Integer("minor_number", 0, 1_048_575);
    public static readonly IntegerKey ModuleId = Group.Integer("module_id", 0, uint.MaxValue);
    public static readonly IntegerKey BoardId = Group.Integer("board_id", 0, uint.MaxValue);
    public static readonly TextKey BoardPartNumber = Group.Text("board_part_number", 79);
    public static readonly FlagKey MultiGpuBoard = Group.Flag("multi_gpu_board");
    public static readonly TextKey Pdi = Group.Text("pdi", pattern: Patterns.Hex64);
    public static readonly TextKey VbiosVersion = Group.Text("vbios_version", 31);
    public static readonly TextKey GspFirmware = Group.Text("gsp_firmware", 63);
}

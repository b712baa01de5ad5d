namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class ModesKeys
{
    public static readonly KeyGroup Group = new("modes");
    public static readonly FlagKey DisplayMode = Group.Flag("display_mode");
    public static readonly FlagKey DisplayActive = Group.Flag("display_active");
    public static readonly FlagKey Persistence = Group.Flag("persistence");

    public static readonly WordKey Compute =
        Group.Word("compute", ["default", "exclusive_process", "prohibited", "exclusive_thread"]);
    public static readonly WordKey Addressing = Group.Word("addressing", ["none", "hmm", "ats"]);

    public static readonly WordKey Virtualization =
        Group.Word("virtualization", ["none", "passthrough", "vgpu", "host_vgpu", "host_vsga"]);
    public static readonly FlagKey C2c = Group.Flag("c2c");
    public static readonly FlagKey Accounting = Group.Flag("accounting");
    public static readonly IntegerKey AccountingBuffer = Group.Integer("accounting_buffer", 0, uint.MaxValue);
    public static readonly FlagKey Egm = Group.Flag("egm");
}

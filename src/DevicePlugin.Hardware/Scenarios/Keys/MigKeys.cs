namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class MigKeys
{
    public static readonly KeyGroup Group = new("mig");
    public static readonly FlagKey Enabled = Group.Flag("enabled");
    public static readonly FlagKey EnabledPending = Group.Flag("enabled_pending");
    public static readonly IntegerKey MaxInstances = Group.Integer("max_instances", 0, 64);
    public static readonly ObjectListKey Instances = Group.ObjectList("instances", MigInstanceKeys.Group);
}

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class PciKeys
{
    public static readonly KeyGroup Group = new("pci");
    public static readonly TextKey BusId = Group.Text("bus_id", pattern: Patterns.BusId);
    public static readonly TextKey DeviceId = Group.Text("device_id", pattern: Patterns.Hex32);
    public static readonly TextKey SubsystemId = Group.Text("subsystem_id", pattern: Patterns.Hex32);
    public static readonly IntegerKey MaxGeneration = Group.Integer("max_generation", 1, 7);
    public static readonly IntegerKey DeviceMaxGeneration = Group.Integer("device_max_generation", 1, 7);
    public static readonly IntegerKey Generation = Group.Integer("generation", 0, 7);
    public static readonly IntegerKey MaxWidth = Group.Integer("max_width", 1, 32);
    public static readonly IntegerKey Width = Group.Integer("width", 0, 32);
    public static readonly IntegerKey Replays = Group.Count("replays");
    public static readonly IntegerKey ReplayRollovers = Group.Count("replay_rollovers");
    public static readonly IntegerKey TxKBPerSecond = Group.Count("tx_kb_per_second");
    public static readonly IntegerKey RxKBPerSecond = Group.Count("rx_kb_per_second");
    public static readonly IntegerKey NumaNode = Group.Integer("numa_node", 0, 65_535);
    public static readonly IntegerKey Switch = Group.Integer("switch", 0, 65_535);
}

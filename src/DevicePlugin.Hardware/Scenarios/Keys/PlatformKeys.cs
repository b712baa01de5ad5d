namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class PlatformKeys
{
    public static readonly KeyGroup Group = new("platform");
    public static readonly TextKey ChassisSerial = Group.Text("chassis_serial", 15);
    public static readonly IntegerKey Slot = Group.Integer("slot", 0, 255);
    public static readonly IntegerKey Tray = Group.Integer("tray", 0, 255);
    public static readonly IntegerKey HostId = Group.Integer("host_id", 0, 255);
    public static readonly WordKey PeerType = Group.Word("peer_type", ["direct", "switch"]);
    public static readonly IntegerKey ModuleId = Group.Integer("module_id", 0, 255);
    public static readonly TextKey FabricGuid = Group.Text("fabric_guid", pattern: Patterns.Hex64);
}

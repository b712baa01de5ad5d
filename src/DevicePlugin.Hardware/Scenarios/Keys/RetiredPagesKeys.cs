namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class RetiredPagesKeys
{
    public static readonly KeyGroup Group = new("retired_pages");
    public static readonly IntegerKey SingleBit = Group.Integer("single_bit", 0, 65_536);
    public static readonly IntegerKey DoubleBit = Group.Integer("double_bit", 0, 65_536);
    public static readonly FlagKey Pending = Group.Flag("pending");
}

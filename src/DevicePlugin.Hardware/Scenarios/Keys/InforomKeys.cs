namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class InforomKeys
{
    public static readonly KeyGroup Group = new("inforom");
    public static readonly TextKey Image = Group.Text("image", 15);
    public static readonly TextKey Oem = Group.Text("oem", 15);
    public static readonly TextKey Ecc = Group.Text("ecc", 15);
    public static readonly TextKey Power = Group.Text("power", 15);
    public static readonly FlagKey Valid = Group.Flag("valid");
}

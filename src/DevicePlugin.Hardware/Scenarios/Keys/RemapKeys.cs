namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class RemapKeys
{
    public static readonly KeyGroup Group = new("remap");
    public static readonly IntegerKey Corrected = Group.Count("corrected");
    public static readonly IntegerKey Uncorrected = Group.Count("uncorrected");
    public static readonly FlagKey Pending = Group.Flag("pending");
    public static readonly FlagKey Failed = Group.Flag("failed");
    public static readonly IntegerKey CorrectedInactive = Group.Count("corrected_inactive");
    public static readonly IntegerKey UncorrectedInactive = Group.Count("uncorrected_inactive");
    public static readonly IntegerKey BanksMax = Group.Count("banks_max");
    public static readonly IntegerKey BanksHigh = Group.Count("banks_high");
    public static readonly IntegerKey BanksPartial = Group.Count("banks_partial");
    public static readonly IntegerKey BanksLow = Group.Count("banks_low");
    public static readonly IntegerKey BanksNone = Group.Count("banks_none");
}

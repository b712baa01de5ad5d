namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class CallKeys
{
    public static readonly KeyGroup Group = new("", allowsNull: false);
    public static readonly TextKey Id = Group.Require(Group.Text("id", 63, Patterns.EntryId));
    public static readonly TextKey Function = Group.Require(Group.Text("function", pattern: Patterns.Function));
    public static readonly GpuSelectorKey Gpu = Group.GpuSelector("gpu");
    public static readonly IntegerKey Field = Group.Integer("field", 0, uint.MaxValue);
    public static readonly WordKey Return = Group.Word("return", ReturnCodes.Names);
    public static readonly DecimalKey DelayMs = Group.Decimal("delay_ms", 0, 3_600_000);
    public static readonly FlagKey Hang = Group.Flag("hang");
    public static readonly FlagKey HoldsLock = Group.Flag("holds_lock");
    public static readonly FlagKey Crash = Group.Flag("crash");
    public static readonly DecimalKey At = Group.Seconds("at");
    public static readonly DecimalKey Until = Group.Seconds("until");
    public static readonly IntegerKey AfterCalls = Group.Count("after_calls");
    public static readonly IntegerKey Times = Group.Integer("times", 1, KeyGroup.MaxCount);
}

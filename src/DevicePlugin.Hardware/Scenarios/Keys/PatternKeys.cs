namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class PatternKeys
{
    public static readonly KeyGroup Group = new("", allowsNull: false);
    public static readonly GpuSelectorKey Gpu = Group.Require(Group.GpuSelector("gpu"));
    public static readonly TextKey Value = Group.Require(Group.Text("value"));
    public static readonly IntegerKey Slot = Group.Integer("slot", 0, 63);

    public static readonly WordKey Shape =
        Group.Require(Group.ClosedWord("shape", ["constant", "sine", "triangle", "square", "steps", "counter"]));

    public static readonly DecimalKey Low = Group.Decimal("low", double.MinValue, double.MaxValue);
    public static readonly DecimalKey High = Group.Decimal("high", double.MinValue, double.MaxValue);
    public static readonly DecimalListKey Steps = Group.DecimalList("steps", double.MinValue, double.MaxValue);
    public static readonly DecimalKey Rate = Group.Decimal("rate", 0, double.MaxValue);
    public static readonly DecimalKey PeriodSeconds = Group.Seconds("period_seconds", 0.001);
    public static readonly DecimalKey PhaseSeconds = Group.Seconds("phase_seconds");
}

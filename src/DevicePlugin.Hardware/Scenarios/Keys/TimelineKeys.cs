namespace DevicePlugin.Hardware.Scenarios.Keys;

/// <summary>The plain keys of a timeline entry; "set", "driver", "system" and "event" have their own.</summary>
internal static class TimelineKeys
{
    public static readonly KeyGroup Group = new("", allowsNull: false);
    public static readonly TextKey Id = Group.Require(Group.Text("id", 63, Patterns.EntryId));
    public static readonly DecimalKey At = Group.Require(Group.Seconds("at"));
    public static readonly GpuSelectorKey Gpu = Group.GpuSelector("gpu");
}

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class ProcessesKeys
{
    public static readonly KeyGroup Group = new("processes");
    public static readonly ObjectListKey Compute = Group.ObjectList("compute", ProcessKeys.Group);
    public static readonly ObjectListKey Graphics = Group.ObjectList("graphics", ProcessKeys.Group);
    public static readonly ObjectListKey Mps = Group.ObjectList("mps", ProcessKeys.Group);
    public static readonly ObjectListKey Ended = Group.ObjectList("ended", ProcessKeys.Group);
}

namespace DevicePlugin.Hardware.Scenarios.Keys;

/// <summary>The plain keys of the file itself.</summary>
internal static class ScenarioKeys
{
    public static readonly KeyGroup Group = new("", allowsNull: false);
    public static readonly TextKey Schema = Group.Text("$schema");
    public static readonly TextKey Description = Group.Require(Group.Text("description", 200));
    public static readonly TextKey Source = Group.Text("source", 1000);
}

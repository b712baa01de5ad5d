namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class DriverKeys
{
    public static readonly KeyGroup Group = new("");

    public static readonly WordKey State =
        Group.Require(Group.ClosedWord("state",
        [
            "loaded", "library_missing", "not_loaded", "version_mismatch", "no_permission", "failed"
        ]));
    public static readonly TextKey Version = Group.Text("version", 79);
    public static readonly TextKey NvmlVersion = Group.Text("nvml_version", 79);
    public static readonly TextKey CudaVersion = Group.Text("cuda_version", pattern: Patterns.CudaVersion);
}

namespace DevicePlugin.Gpu;

/// <summary>The states of the driver as every output writes them.</summary>
public static class DriverStateWord
{
    public static string Of(DriverState state) => state switch
    {
        DriverState.Loaded => "loaded",
        DriverState.LibraryMissing => "library_missing",
        DriverState.NotLoaded => "not_loaded",
        DriverState.VersionMismatch => "version_mismatch",
        DriverState.NoPermission => "no_permission",
        DriverState.Failed => "failed",
        DriverState.Maintenance => "maintenance",
        DriverState.Disabled => "disabled",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "The state has no word."),
    };
}

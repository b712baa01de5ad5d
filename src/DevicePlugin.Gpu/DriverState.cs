namespace DevicePlugin.Gpu;

/// <summary>What keeps, or does not keep, the node's driver usable. None of the states ends a stream.</summary>
public enum DriverState
{
    Loaded,
    LibraryMissing,
    NotLoaded,
    VersionMismatch,
    NoPermission,
    Failed,
    Maintenance,
    Disabled,
}

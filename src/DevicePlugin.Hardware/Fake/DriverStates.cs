using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

internal static class DriverStates
{
    private const string Init = "nvmlInit";

    public static DriverStatus Of(KeyedValues driver) => driver[DriverKeys.State] switch
    {
        "loaded" => new DriverStatus(DriverState.Loaded),
        "library_missing" => new DriverStatus(DriverState.LibraryMissing, "libnvidia-ml.so.1 was not found."),
        "not_loaded" => OfCode(Init, ReturnCodes.DriverNotLoaded),
        "version_mismatch" => OfCode(Init, ReturnCodes.VersionMismatch),
        "no_permission" => OfCode(Init, ReturnCodes.NoPermission),
        _ => OfCode(Init, ReturnCodes.Unknown),
    };

    public static DriverStatus OfCode(string function, string code) => new(
        code switch
        {
            ReturnCodes.DriverNotLoaded => DriverState.NotLoaded,
            ReturnCodes.LibraryNotFound => DriverState.LibraryMissing,
            ReturnCodes.VersionMismatch => DriverState.VersionMismatch,
            ReturnCodes.NoPermission => DriverState.NoPermission,
            _ => DriverState.Failed,
        },
        $"{function} answered {code}.");
}

using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.Scenarios.Keys;

/// <summary>nvmlReturn_t by the names that nvml.h gives, without NVML_ERROR_ or NVML_.</summary>
internal static class ReturnCodes
{
    public const string Success = "SUCCESS";
    public const string NotSupported = "NOT_SUPPORTED";
    public const string NoPermission = "NO_PERMISSION";
    public const string InsufficientPower = "INSUFFICIENT_POWER";
    public const string DriverNotLoaded = "DRIVER_NOT_LOADED";
    public const string IrqIssue = "IRQ_ISSUE";
    public const string LibraryNotFound = "LIBRARY_NOT_FOUND";
    public const string CorruptedInforom = "CORRUPTED_INFOROM";
    public const string GpuIsLost = "GPU_IS_LOST";
    public const string ResetRequired = "RESET_REQUIRED";
    public const string VersionMismatch = "LIB_RM_VERSION_MISMATCH";
    public const string Unknown = "UNKNOWN";

    private const string NumberOfUnknown = "999";

    /// <summary>In the order of their numbers, 0 to 30, and UNKNOWN, which is 999.</summary>
    public static readonly ImmutableArray<string> Names =
    [
        Success, "UNINITIALIZED", "INVALID_ARGUMENT", NotSupported, NoPermission, "ALREADY_INITIALIZED", "NOT_FOUND",
        "INSUFFICIENT_SIZE", InsufficientPower, DriverNotLoaded, "TIMEOUT", IrqIssue, LibraryNotFound,
        "FUNCTION_NOT_FOUND", CorruptedInforom, GpuIsLost, ResetRequired, "OPERATING_SYSTEM", VersionMismatch, "IN_USE",
        "MEMORY", "NO_DATA", "VGPU_ECC_NOT_SUPPORTED", "INSUFFICIENT_RESOURCES", "FREQ_NOT_SUPPORTED",
        "ARGUMENT_VERSION_MISMATCH", "DEPRECATED", "NOT_READY", "GPU_NOT_FOUND", "INVALID_STATE",
        "RESET_TYPE_NOT_SUPPORTED", Unknown,
    ];

    /// <summary>The name where a scenario gave the number of a code that has one.</summary>
    public static string NameOf(string code) =>
        code == NumberOfUnknown ? Unknown
        : int.TryParse(code, out var number) && number < Names.Length - 1 ? Names[number]
        : code;

    public static NvmlReturn ResultOf(string code) => NameOf(code) switch
    {
        Unknown => NvmlReturn.Unknown,
        var name when Names.IndexOf(name) is var number and >= 0 => (NvmlReturn)number,
        var number => (NvmlReturn)int.Parse(number, CultureInfo.InvariantCulture),
    };
}

using System.Text;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// The one place that says what a return code means. What is none of the below (IN_USE, MEMORY, NO_DATA, NOT_READY,
/// UNKNOWN and codes of later drivers) may be different next time: the value is missing now and asked for again.
/// </summary>
internal static class NvmlReturnMeaning
{
    /// <summary>
    /// As nvml.h writes it, without its prefix: <c>GPU_IS_LOST</c>. A code without a name is its number.
    /// </summary>
    public static string CodeName(this NvmlReturn result)
    {
        var name = new StringBuilder();
        foreach (var character in result.ToString())
        {
            if (char.IsAsciiLetterUpper(character) && name.Length > 0)
            {
                name.Append('_');
            }

            name.Append(char.ToUpperInvariant(character));
        }

        return name.ToString();
    }

    /// <summary>
    /// Will not change on this device and driver until MIG or ECC is switched: need not be asked again.
    /// </summary>
    public static bool IsUnsupported(this NvmlReturn result) => result is
        NvmlReturn.NotSupported or NvmlReturn.NoPermission or NvmlReturn.FunctionNotFound
        or NvmlReturn.VgpuEccNotSupported or NvmlReturn.ArgumentVersionMismatch or NvmlReturn.Deprecated
        or NvmlReturn.ResetTypeNotSupported;

    /// <summary>
    /// What an index without anything behind it answers. The header documents NOT_FOUND, drivers also say
    /// INVALID_ARGUMENT.
    /// </summary>
    public static bool IsAbsent(this NvmlReturn result) =>
        result is NvmlReturn.NotFound or NvmlReturn.InvalidArgument;

    /// <summary>
    /// The driver went away under the library: every handle is dead, shutdown and a new init are due.
    /// </summary>
    public static bool IsDriverLoss(this NvmlReturn result) => result is
        NvmlReturn.Uninitialized or NvmlReturn.DriverNotLoaded or NvmlReturn.LibRmVersionMismatch;

    /// <summary>What the code says about the device that was asked; null when it says nothing.</summary>
    public static DeviceFaultKind? Fault(this NvmlReturn result) => result switch
    {
        NvmlReturn.GpuIsLost => DeviceFaultKind.Lost,
        NvmlReturn.ResetRequired => DeviceFaultKind.ResetRequired,
        NvmlReturn.InsufficientPower => DeviceFaultKind.InsufficientPower,
        NvmlReturn.CorruptedInforom => DeviceFaultKind.InforomCorrupt,
        NvmlReturn.IrqIssue => DeviceFaultKind.CallFailed,

        // A device cgroup that blocks the node of this one GPU.
        NvmlReturn.OperatingSystem => DeviceFaultKind.CallFailed,
        _ => null,
    };

    /// <summary>What a failed nvmlInit says about the node.</summary>
    public static DriverState InitState(this NvmlReturn result) => result switch
    {
        NvmlReturn.DriverNotLoaded or NvmlReturn.Uninitialized => DriverState.NotLoaded,
        NvmlReturn.LibRmVersionMismatch => DriverState.VersionMismatch,
        NvmlReturn.NoPermission or NvmlReturn.OperatingSystem => DriverState.NoPermission,
        NvmlReturn.LibraryNotFound => DriverState.LibraryMissing,
        _ => DriverState.Failed,
    };
}

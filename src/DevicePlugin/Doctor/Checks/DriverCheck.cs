using DevicePlugin.Gpu;

namespace DevicePlugin.Doctor.Checks;

/// <summary>The kernel's part of the driver, and whether the library fits it.</summary>
internal sealed class DriverCheck() : Check("driver", CheckScope.RealGpus)
{
    protected override Finding Look(Examination node)
    {
        var driver = node.Inventory.Driver;
        return driver.IsLoaded
            ? Finding.Pass($"driver {driver.Version ?? "of unknown version"}, CUDA {driver.Cuda?.ToString() ?? "unknown"}")
            : driver.State is DriverState.Maintenance or DriverState.Disabled
                ? Finding.Warn($"not used: {driver.Reason}", AdviceFor(driver.State))
                : driver.State == DriverState.LibraryMissing
                    ? Finding.Fail("library_missing: there is no library to ask it by", AdviceFor(driver.State))
                    : Finding.Fail($"{DriverStateWord.Of(driver.State)}: {driver.Reason}", AdviceFor(driver.State));
    }

    private static string AdviceFor(DriverState state) => state switch
    {
        DriverState.LibraryMissing => "Install the NVIDIA driver; see the check nvml-library.",
        DriverState.NotLoaded => "Load the kernel module (modprobe nvidia); dmesg says why, if it does not load.",
        DriverState.VersionMismatch =>
            "The driver was upgraded in use. Stop what uses the GPUs and load the new kernel module, or reboot.",
        DriverState.NoPermission => "Run as root, or let this user read and write /dev/nvidiactl and /dev/nvidia*.",
        DriverState.Maintenance => "Remove the maintenance file when the work on the driver is done.",
        DriverState.Disabled => "Set enabled = true to offer GPUs.",
        _ => "Run nvidia-smi: it should fail in the same way. dmesg has what the driver says (NVRM).",
    };
}

using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// Files of the driver that are not libraries and that loaders look for at a place of their own, wherever the driver's package
/// put them (nvidia-container-toolkit internal/discover/graphics.go).
/// </summary>
internal static class DriverSettings
{
    private const string OpenClDriver = "etc/OpenCL/vendors/nvidia.icd";

    /// <summary>Below the driver's root: a change in them may bring a file or take one away.</summary>
    public static readonly string[] Folders = ["etc/OpenCL/vendors"];

    public static IEnumerable<ReservedMount> Find(string driverRoot)
    {
        if (LinkResolver.Resolve(driverRoot, Path.Combine(driverRoot, OpenClDriver)) is { } file)
        {
            yield return new ReservedMount(file, "/" + OpenClDriver, IsReadOnly: true);
        }
    }
}

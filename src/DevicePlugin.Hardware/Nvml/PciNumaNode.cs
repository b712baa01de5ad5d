using System.Globalization;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>The NUMA node of a PCI device, which sysfs knows and NVML does not.</summary>
internal static class PciNumaNode
{
    /// <summary>Null where the kernel knows none (-1), or not the device.</summary>
    public static int? Read(string sysfsRoot, string busId) =>
        TextFile.TryRead(Path.Combine(sysfsRoot, "bus/pci/devices", busId, "numa_node")) is { } text
        && int.TryParse(text.Trim(), CultureInfo.InvariantCulture, out var node) && node >= 0
            ? node
            : null;
}

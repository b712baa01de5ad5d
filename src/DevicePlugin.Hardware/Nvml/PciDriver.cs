using DevicePlugin.Gpu;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>The kernel's lists of the driver's GPUs.</summary>
internal static class PciDriver
{
    /// <summary>
    /// The GPUs that the module lists, and those that the PCI bus has given to it, as one text: another text means that one came
    /// or went.
    /// </summary>
    public static string List(string sysfsRoot, IEnumerable<KernelGpuFile> kernel)
    {
        var listed = kernel.Select(file => file.PciBusId).Concat(ReadBus(sysfsRoot)).OfType<string>();
        return string.Join(' ', listed.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string?> ReadBus(string sysfsRoot)
    {
        try
        {
            return [
                .. Directory.GetFileSystemEntries(Path.Combine(sysfsRoot, "bus", "pci", "drivers", "nvidia"))
                    .Select(entry => PciBusId.Normalize(Path.GetFileName(entry))),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

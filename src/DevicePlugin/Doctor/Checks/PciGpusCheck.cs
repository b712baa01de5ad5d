using DevicePlugin.Output;

namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// Whether each GPU on the bus is offered. One that was lost before the plugin started has no UUID to offer it by, and Nomad
/// shows only that there is one less.
/// </summary>
internal sealed class PciGpusCheck() : Check("pci-gpus", CheckScope.RealGpus | CheckScope.Linux)
{
    private const string NvidiaVendor = "0x10de";

    // The base class 03 of the PCI code assignments: VGA (00) or 3D (02) controllers.
    private const string DisplayClass = "0x03";

    protected override Finding Look(Examination node)
    {
        var gpus = node.Files.List(FolderOf(node)).Where(name => IsGpu(node, name)).ToList();
        var found = Counted.Of(gpus.Count, "NVIDIA GPU");
        if (!node.HasDriver)
        {
            return Finding.Pass($"{found} on the PCI bus");
        }

        var offered = node.Gpus.Select(gpu => gpu.PciBusId).ToList();
        var missing = gpus.Where(name => !offered.Contains(name)).ToList();
        if (missing.Count <= node.Config.IgnoredGpuIds.Count)
        {
            return Finding.Pass(missing.Count == 0
                ? $"{found} on the PCI bus, none is left out"
                : $"{found} on the PCI bus, all but those of ignored_gpu_ids are offered");
        }

        return Finding.Fail(
            $"on the PCI bus and not offered: {string.Join(", ", missing.Select(name => Describe(node, name)))}",
            "See dmesg for NVRM and Xid lines. A GPU that fell off the bus needs a reboot, one of another driver (vfio-pci) "
            + "its driver back, one with MIG on some instances.");
    }

    private static string FolderOf(Examination node) => $"{node.Config.SysRoot}/bus/pci/devices";

    private static bool IsGpu(Examination node, string name) =>
        node.Files.ReadText($"{FolderOf(node)}/{name}/vendor")?.Trim() == NvidiaVendor
        && node.Files.ReadText($"{FolderOf(node)}/{name}/class")?.StartsWith(DisplayClass, StringComparison.Ordinal) == true;

    private static string Describe(Examination node, string name)
    {
        var driver = new FileInfo(node.Files.Locate($"{FolderOf(node)}/{name}/driver")).LinkTarget;
        return driver is null ? $"{name} (no driver)" : $"{name} (driver {Path.GetFileName(driver)})";
    }
}

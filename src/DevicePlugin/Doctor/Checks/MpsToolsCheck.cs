using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Doctor.Checks;

/// <summary>The programs of NVIDIA's Multi-Process Service, where a sharing block wants it.</summary>
internal sealed class MpsToolsCheck() : Check("mps-tools", CheckScope.RealGpus | CheckScope.Linux)
{
    private static readonly string[] Tools = [DriverTools.MpsControl, DriverTools.MpsServer];

    protected override Finding Look(Examination node)
    {
        if (!node.Config.Sharing.Any(sharing => sharing.Strategy == SharingStrategy.Mps))
        {
            return Finding.Pass("does not apply: no sharing block wants MPS");
        }

        if (!node.Config.Mps.ManageDaemon)
        {
            return Finding.Pass("not looked at: mps.manage_daemon = false, so the daemon is somebody else's");
        }

        var installed = new DriverTools(node.Config.DriverRoot, FileStatus.Read, node.Files.Locate);
        var missing = Tools.Where(tool => !installed.Has(tool)).ToList();
        return missing.Count == 0
            ? Finding.Pass($"{string.Join(", ", Tools)} are installed")
            : Finding.Fail(
                $"{string.Join(" and ", missing)} cannot be found under {node.Config.DriverRoot}",
                "Install them: they come with the driver, in some distributions as a package of their own (nvidia-cuda-mps, "
                + "nvidia-compute-utils).");
    }
}

using DevicePlugin.Gpu.Sharing;

namespace DevicePlugin.Doctor.Checks;

/// <summary>The programs of NVIDIA's Multi-Process Service, where a sharing block wants it.</summary>
internal sealed class MpsToolsCheck() : Check("mps-tools", CheckScope.RealGpus | CheckScope.Linux)
{
    private static readonly string[] Tools = ["nvidia-cuda-mps-control", "nvidia-cuda-mps-server"];

    private static readonly string[] Folders = ["usr/bin", "usr/local/bin", "bin", "usr/local/nvidia/bin"];

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

        var missing = Tools.Where(tool => !Folders.Any(
            folder => node.Files.HasFile(Path.Join(node.Config.DriverRoot, folder, tool)))).ToList();
        return missing.Count == 0
            ? Finding.Pass($"{string.Join(", ", Tools)} are installed")
            : Finding.Fail(
                $"{string.Join(" and ", missing)} cannot be found under {node.Config.DriverRoot}",
                "Install them: they come with the driver, in some distributions as a package of their own (nvidia-cuda-mps, "
                + "nvidia-compute-utils).");
    }
}

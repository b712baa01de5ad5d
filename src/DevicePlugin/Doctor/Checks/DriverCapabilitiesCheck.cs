using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// Whether a node that offers graphics has the files that loaders look for, and nodes for rendering. Many programs need neither, so
/// the plugin offers GPUs without them, and only the task that needs them fails.
/// </summary>
internal sealed class DriverCapabilitiesCheck() : Check("driver-capabilities", CheckScope.RealGpus | CheckScope.Linux)
{
    private const DriverCapabilities Rendering = DriverCapabilities.Graphics | DriverCapabilities.Display;

    private static readonly string[] Roots = ["etc", "usr/local/share", "usr/share"];

    protected override Finding Look(Examination node)
    {
        var wanted = node.Config.Reserve.DriverCapabilities.Aggregate(DriverCapabilities.None, (all, one) => all | one);
        if ((wanted & Rendering) == 0)
        {
            return Finding.Pass("does not apply: reserve.driver_capabilities has neither graphics nor display");
        }

        if (!node.Config.Reserve.HandsOutNodes || !node.HasDriver)
        {
            return Finding.Pass(node.HasDriver ? "left to NVIDIA's container toolkit" : "not looked at: no driver is in use");
        }

        if (WslFiles.AreIn(node.Files, node.Config.DevRoot))
        {
            return Finding.Pass("does not apply: under WSL2 reserve.driver_capabilities selects nothing");
        }

        List<string> problems =
        [
            .. FindMissingFiles(node, wanted),
            .. node.Gpus.Where(gpu => gpu.Mig is null).SelectMany(gpu => FindMissingNodes(node, gpu)),
        ];
        return problems.Count == 0
            ? Finding.Pass((wanted & DriverCapabilities.Graphics) != 0
                ? "Vulkan and EGL find the driver, and the GPUs have nodes for rendering"
                : "the GPUs have nodes for rendering")
            : Finding.Warn(
                string.Join("; ", problems),
                "Install the driver's packages for graphics, and load nvidia-drm (modprobe nvidia-drm modeset=1), which creates the "
                + "nodes. MIG instances have none.");
    }

    private static IEnumerable<string> FindMissingFiles(Examination node, DriverCapabilities wanted)
    {
        if ((wanted & DriverCapabilities.Graphics) == 0)
        {
            yield break;
        }

        foreach (var (loader, folder) in ((string, string)[])[("Vulkan", "vulkan/icd.d"), ("EGL", "glvnd/egl_vendor.d")])
        {
            var root = node.Config.DriverRoot.TrimEnd('/');
            if (!Roots.Any(at => node.Files.List($"{root}/{at}/{folder}").Any(name => name.Contains("nvidia", StringComparison.Ordinal))))
            {
                yield return $"there is no file of NVIDIA's driver for {loader} ({folder}) under driver_root {node.Config.DriverRoot}";
            }
        }
    }

    private static IEnumerable<string> FindMissingNodes(Examination node, GpuDevice gpu)
    {
        if (gpu.PciBusId is not { } address)
        {
            yield break;
        }

        var names = node.Files.List($"{node.Config.SysRoot}/bus/pci/devices/{address}/drm")
            .Where(name => name.StartsWith("renderD", StringComparison.Ordinal)).ToList();
        if (names.Count == 0)
        {
            yield return $"{address} has no node for rendering";
        }

        foreach (var name in names)
        {
            if (node.Files.FindDevice($"{node.Config.DevRoot}/dri/{name}") is null)
            {
                yield return $"dri/{name} of {address} is not under {node.Config.DevRoot}";
            }
        }
    }
}

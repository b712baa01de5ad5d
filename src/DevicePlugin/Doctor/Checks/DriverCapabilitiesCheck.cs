using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// Whether a node that offers graphics has what loaders look for. A missing library keeps the GPUs from being offered; these are
/// files and nodes that many programs do without, so a task that needs them fails with a message of its own.
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

        List<string> problems =
        [
            .. FindMissingFiles(node, wanted),
            .. node.Gpus.Where(gpu => gpu.Mig is null).SelectMany(gpu => FindMissingNodes(node, gpu)),
        ];
        return problems.Count == 0
            ? Finding.Pass("Vulkan and EGL find the driver, and the GPUs have nodes for rendering")
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

using System.Globalization;
using DevicePlugin.Output;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Nomad can place a task beside its GPU only if the kernel knows beside which memory the GPU is.</summary>
internal sealed class NumaCheck() : Check("numa", CheckScope.RealGpus | CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        var nodes = node.Files.List($"{node.Config.SysRoot}/devices/system/node").Count(IsNumaNode);
        var lost = node.Gpus.Select(gpu => gpu.PciBusId).OfType<string>().Where(id => !KnowsNode(node, id)).ToList();
        if (nodes > 1 && lost.Count > 0)
        {
            return Finding.Warn(
                $"the kernel does not know the NUMA node of {string.Join(", ", lost)} (numa_node is -1)",
                "Look for NUMA or NPS settings in the machine's firmware: as it is, Nomad places no task near these GPUs.");
        }

        var known = lost.Count == 0 && node.Gpus.Count > 0 ? ", known for each GPU" : "";
        return Finding.Pass($"{Counted.Of(nodes, "NUMA node")}{known}");
    }

    private static bool IsNumaNode(string name) =>
        name.StartsWith("node", StringComparison.Ordinal) && int.TryParse(name["node".Length..], out _);

    private static bool KnowsNode(Examination node, string busId) =>
        int.TryParse(
            node.Files.ReadText($"{node.Config.SysRoot}/bus/pci/devices/{busId}/numa_node")?.Trim(), CultureInfo.InvariantCulture,
            out var numaNode)
        && numaNode >= 0;
}

using DevicePlugin.Gpu;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Output;

namespace DevicePlugin.Doctor.Checks;

/// <summary>A MIG instance is used through two more nodes, whose numbers change with the layout.</summary>
internal sealed class MigCapabilitiesCheck() : Check("mig-capabilities", CheckScope.RealGpus | CheckScope.Linux)
{
    private const int Told = 3;

    protected override Finding Look(Examination node)
    {
        var instances = node.Inventory.Devices.Select(device => device.Gpu)
            .Where(gpu => gpu.Mig is not null && gpu.MinorNumber is not null).DistinctBy(gpu => gpu.Uuid).ToList();
        if (instances.Count == 0)
        {
            return Finding.Pass("does not apply: no MIG instances");
        }

        var major = new CharacterDevices(node.Files.ReadText($"{node.Config.ProcRoot}/devices")).Capabilities;
        var problems = instances.SelectMany(gpu => CapabilitiesOf(node, gpu))
            .Select(capability => Judge(node, capability, major)).OfType<string>().Distinct().ToList();
        return problems.Count == 0
            ? Finding.Pass($"the nodes of {Counted.Of(instances.Count, "MIG instance")} are in order")
            : Finding.Fail(
                string.Join("; ", problems.Take(Told))
                + (problems.Count > Told ? $"; and {problems.Count - Told} more" : ""),
                "Run nvidia-smi, or nvidia-modprobe -f with each access file under /proc/driver/nvidia/capabilities: both "
                + "make the nodes in /dev/nvidia-caps.");
    }

    private static IReadOnlyList<MigCapability> CapabilitiesOf(Examination node, GpuDevice gpu) => MigCapability.Of(
        node.Files, node.Config.ProcRoot, gpu.MinorNumber!.Value, gpu.Mig!.GpuInstanceId, gpu.Mig.ComputeInstanceId);

    private static string? Judge(Examination node, MigCapability capability, int? major)
    {
        if (capability.Minor is not { } minor)
        {
            return $"{capability.File} names no node";
        }

        var path = $"{node.Config.DevRoot}/nvidia-caps/nvidia-cap{minor}";
        return node.Files.FindDevice(path) switch
        {
            null => $"{path} is absent",
            { } found when !found.IsCharacterDevice || (major ?? found.Major) != found.Major || found.Minor != minor =>
                $"{path} is not the driver's node {major?.ToString() ?? "?"}:{minor}",
            { IsOpen: false } => $"{path} may not be read and written by {Environment.UserName}",
            _ => null,
        };
    }
}

using DevicePlugin.Gpu;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// Whether the device nodes exist, are the driver's and may be opened. WSL2 has one for all GPUs; those of a Tegra are not known.
/// </summary>
internal sealed class DeviceNodesCheck() : Check("device-nodes", CheckScope.RealGpus | CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        if (!node.HasDriver)
        {
            return Finding.Pass("not looked at: no driver is in use");
        }

        var withNodes = node.Gpus.Where(gpu => !TegraGpu.Is(gpu)).ToList();
        if (withNodes.Count == 0 && node.Gpus.Count > 0)
        {
            return LookAtTegra(node);
        }

        var expected = Expected(node, withNodes).ToList();
        var absent = expected.Where(one => Find(node, one) is null).Select(one => one.Name).ToList();
        List<string> problems = [.. expected.Select(one => Judge(Find(node, one), one)).OfType<string>()];
        if (absent.Count > 0)
        {
            problems.Insert(0, $"{node.Config.DevRoot} has no {string.Join(", ", absent)}");
        }

        return problems.Count == 0
            ? Finding.Pass(
                $"{string.Join(", ", expected.Select(one => one.Name))} {(expected.Count == 1 ? "is" : "are")} in order{Uncompared(node, expected)}")
            : Finding.Fail(string.Join("; ", problems), AdviceFor(expected, withNodes));
    }

    /// <summary>Without the kernel's list of drivers it is not known which numbers a node must have.</summary>
    private static string Uncompared(Examination node, List<ExpectedNode> expected)
    {
        var names = expected.Where(one => one.Numbers is { Major: null }).Select(one => one.Name).ToList();
        return names.Count == 0
            ? ""
            : $"; the numbers of {string.Join(", ", names)} could not be compared, because {node.Config.ProcRoot}/devices does not name the driver";
    }

    private static Finding LookAtTegra(Examination node)
    {
        const string Unsupported = "device-nodes, driver_libraries and the CDI strategies are not supported there";
        return node.Config.Reserve.HandsOutNodes
            ? Finding.Fail(
                $"the GPU is the integrated one of a Tegra system (Jetson), whose device nodes the plugin does not know; {Unsupported}",
                "Set reserve.strategies to envvar or volume-mounts, and let NVIDIA's container runtime hand the GPU out.")
            : Finding.Pass(
                "not looked at: the GPU is the integrated one of a Tegra system (Jetson), which NVIDIA's container runtime hands "
                + $"out; {Unsupported}");
    }

    private static string AdviceFor(List<ExpectedNode> expected, List<GpuDevice> gpus)
    {
        const string Nodes = "Run nvidia-smi and nvidia-modprobe -u as root, which create the nodes; remove a wrong one first.";
        return expected.Any(one => one.Name == WslFiles.Node)
            ? "Update WSL with wsl --update and the NVIDIA driver on Windows, then run wsl --shutdown: Windows creates the node."
            : gpus.Count == 0 || gpus.Exists(gpu => gpu.MinorNumber is not null || gpu.Fault is not null)
                ? Nodes
                : $"Under WSL2, where GPUs have no minor number, make sure that {WslFiles.Node} is under dev_root. Elsewhere: {Nodes}";
    }

    private static IEnumerable<ExpectedNode> Expected(Examination node, List<GpuDevice> gpus)
    {
        if (WslFiles.AreIn(node.Files, node.Config.DevRoot))
        {
            yield return new ExpectedNode(WslFiles.Node, null);
            yield break;
        }

        var numbers = new NodeNumbers(new CharacterDevices(node.Files.ReadText($"{node.Config.ProcRoot}/devices")));
        yield return new ExpectedNode("nvidiactl", numbers.OfControl);
        foreach (var minor in gpus.Select(gpu => gpu.MinorNumber).OfType<int>())
        {
            yield return new ExpectedNode($"nvidia{minor}", numbers.OfGpu(minor));
        }

        yield return new ExpectedNode("nvidia-uvm", numbers.OfUnifiedMemory);
    }

    private static DeviceNode? Find(Examination node, ExpectedNode expected) =>
        node.Files.FindDevice($"{node.Config.DevRoot}/{expected.Name}");

    private static string? Judge(DeviceNode? found, ExpectedNode expected) => found switch
    {
        null => null,
        { IsCharacterDevice: false } => $"{found.Path} is not a device node",
        _ when expected.Numbers is { Major: { } major } && found.Major != major =>
            $"{found.Path} has the major number {found.Major}, where the driver has {major}",
        _ when expected.Numbers is { Major: not null, Minor: var minor } && found.Minor != minor =>
            $"{found.Path} has the minor number {found.Minor}, where it should be {minor}",
        { IsOpen: false } => $"{found.Path} may not be read and written by {Environment.UserName}",
        _ => null,
    };

    /// <param name="Name">Under <c>dev_root</c>.</param>
    /// <param name="Numbers">Null where any will do.</param>
    private sealed record ExpectedNode(string Name, ExpectedNumbers? Numbers);
}

using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Whether the device nodes exist, are the driver's and may be opened.</summary>
internal sealed class DeviceNodesCheck() : Check("device-nodes", CheckScope.RealGpus | CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        if (!node.HasDriver)
        {
            return Finding.Pass("not looked at: no driver is in use");
        }

        var majors = new CharacterDevices(node.Files.ReadText($"{node.Config.ProcRoot}/devices"));
        var expected = Expected(node, majors).ToList();
        var absent = expected.Where(one => Find(node, one) is null).Select(one => one.Name).ToList();
        List<string> problems = [.. expected.Select(one => Judge(Find(node, one), one)).OfType<string>()];
        if (absent.Count > 0)
        {
            problems.Insert(0, $"{node.Config.DevRoot} has no {string.Join(", ", absent)}");
        }

        return problems.Count == 0
            ? Finding.Pass($"{string.Join(", ", expected.Select(one => one.Name))} are in order")
            : Finding.Fail(
                string.Join("; ", problems),
                "Run nvidia-smi and nvidia-modprobe -u as root, which make the nodes; remove a wrong one first.");
    }

    private static IEnumerable<ExpectedNode> Expected(Examination node, CharacterDevices majors)
    {
        yield return new ExpectedNode("nvidiactl", majors.Gpus, null);
        foreach (var gpu in node.Gpus.Where(gpu => gpu.MinorNumber is not null))
        {
            yield return new ExpectedNode($"nvidia{gpu.MinorNumber}", majors.Gpus, gpu.MinorNumber);
        }

        yield return new ExpectedNode("nvidia-uvm", majors.UnifiedMemory, null);
    }

    private static DeviceNode? Find(Examination node, ExpectedNode expected) =>
        node.Files.FindDevice($"{node.Config.DevRoot}/{expected.Name}");

    private static string? Judge(DeviceNode? found, ExpectedNode expected) => found switch
    {
        null => null,
        { IsCharacterDevice: false } => $"{found.Path} is no device node",
        _ when expected.Major is { } major && found.Major != major =>
            $"{found.Path} has the major number {found.Major}, where the driver has {major}",
        _ when expected.Minor is { } minor && found.Minor != minor =>
            $"{found.Path} has the minor number {found.Minor}, where it should be {minor}",
        { IsOpen: false } => $"{found.Path} may not be read and written by {Environment.UserName}",
        _ => null,
    };

    /// <param name="Name">Under <c>dev_root</c>.</param>
    /// <param name="Major">Null where the kernel does not name the driver.</param>
    /// <param name="Minor">Null where any will do.</param>
    private sealed record ExpectedNode(string Name, int? Major, int? Minor);
}

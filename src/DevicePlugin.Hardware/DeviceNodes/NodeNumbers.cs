using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// The numbers that nodes must have, by the kernel's list of drivers (<c>/proc/devices</c>). A node is found by its name, and opens
/// what its numbers say: another GPU, if somebody created it with the wrong ones, or nothing, if the driver had other numbers then.
/// </summary>
internal sealed class NodeNumbers(string procRoot)
{
    private readonly CharacterDevices _majors = new(TextFile.TryRead(Path.Combine(procRoot, "devices")));

    public ExpectedNumbers OfControl => new(_majors.Gpus, null);

    public ExpectedNumbers OfUnifiedMemory => new(_majors.UnifiedMemory, null);

    public ExpectedNumbers OfGpu(int minor) => new(_majors.Gpus, minor);

    public ExpectedNumbers OfCapability(int minor) => new(_majors.Capabilities, minor);
}

/// <param name="Major">Null where the kernel does not name the driver: nothing is compared then.</param>
/// <param name="Minor">Null where any will do.</param>
internal readonly record struct ExpectedNumbers(int? Major, int? Minor)
{
    /// <summary>Why the node that exists must not be handed out; null when nothing is known against it.</summary>
    /// <param name="path">Of the node.</param>
    /// <param name="maker">What creates the right one.</param>
    public string? FindProblem(string path, string maker)
    {
        if (Major is not { } major || FileStatus.Read(path) is not { } node)
        {
            return null;
        }

        var minor = Minor ?? node.Minor;
        var found = node.IsCharacterDevice ? $"has the numbers {node.Major}:{node.Minor}" : "is not a device node";
        return node.IsCharacterDevice && (node.Major, node.Minor) == (major, minor)
            ? null
            : $"\"{path}\" {found}, and the driver's node has {major}:{minor}; remove it and run \"{maker}\" as root, which creates the "
                + "right one";
    }
}

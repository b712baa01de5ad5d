namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// The numbers that nodes must have, by the kernel's list of drivers and the driver's fixed minor numbers (nvidia-modprobe
/// modprobe-utils/nvidia-modprobe-utils.h, open-gpu-kernel-modules kernel-open/nvidia-uvm/uvm_common.h). A node is found by its
/// name but opens what its numbers say: another GPU if it was created with the wrong ones, or nothing if the driver had other
/// numbers at that time.
/// </summary>
public sealed class NodeNumbers(CharacterDevices majors)
{
    public ExpectedNumbers OfControl => new(majors.Gpus, 255);

    public ExpectedNumbers OfModeSetting => new(majors.Gpus, 254);

    public ExpectedNumbers OfUnifiedMemory => new(majors.UnifiedMemory, 0);

    public ExpectedNumbers OfUnifiedMemoryTools => new(majors.UnifiedMemory, 1);

    public ExpectedNumbers OfGpu(int minor) => new(majors.Gpus, minor);

    public ExpectedNumbers OfCapability(int minor) => new(majors.Capabilities, minor);
}

/// <param name="Major">Null where the kernel does not name the driver: nothing is compared then.</param>
/// <param name="Minor">The same on every machine, except those of GPUs and MIG capabilities.</param>
public readonly record struct ExpectedNumbers(int? Major, int Minor)
{
    public bool Allow(string path) => FindProblem(path, "") is null;

    /// <summary>Why an existing node must not be handed out; null if its numbers are right or cannot be compared.</summary>
    /// <param name="path">Of the node.</param>
    /// <param name="maker">What creates the right one.</param>
    public string? FindProblem(string path, string maker)
    {
        if (Major is not { } major || FileStatus.Read(path) is not { } node
            || (node.IsCharacterDevice && (node.Major, node.Minor) == (major, Minor)))
        {
            return null;
        }

        var found = node.IsCharacterDevice ? $"has the numbers {node.Major}:{node.Minor}" : "is not a device node";
        return $"\"{path}\" {found}, and the driver's node has {major}:{Minor}; remove it and run \"{maker}\" as root, which creates the "
            + "right one";
    }
}

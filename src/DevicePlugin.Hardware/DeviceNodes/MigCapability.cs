using System.Globalization;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// One right to use a part of a GPU with MIG: a file of the driver names the minor number of the node that carries it.
/// </summary>
/// <param name="File">The driver's file under <c>/proc</c>.</param>
/// <param name="Minor">Null where the file is absent or says nothing.</param>
public sealed record MigCapability(string File, int? Minor)
{
    /// <summary>A task needs both: of the GPU instance and of its compute instance.</summary>
    public static IReadOnlyList<MigCapability> Of(
        NodeRoot node, string procRoot, int gpuMinor, int gpuInstance, int computeInstance)
    {
        var folder = string.Create(
            CultureInfo.InvariantCulture, $"{procRoot}/driver/nvidia/capabilities/gpu{gpuMinor}/mig/gi{gpuInstance}");
        var compute = string.Create(CultureInfo.InvariantCulture, $"{folder}/ci{computeInstance}/access");
        return [Read(node, $"{folder}/access"), Read(node, compute)];
    }

    private static MigCapability Read(NodeRoot node, string file) =>
        new(file, CapabilityFile.ReadMinor(node.Locate(file)));
}

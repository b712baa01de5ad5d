using System.Collections.Immutable;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// Asks the kernel module which GPU each node belongs to before the node is handed out: NVML's answer is as old as the last
/// refresh, and a GPU that left the bus and came back may have another node, with another task's GPU behind the old one.
/// </summary>
internal sealed class KernelGpuCheck(KernelGpuFiles files)
{
    /// <summary>By the UUID of the physical GPU: why its node must not be handed out. Empty when there is no objection.</summary>
    public async Task<ImmutableDictionary<string, KernelObjection>> FindObjectionsAsync(IEnumerable<GpuDevice> devices)
    {
        var gpus = devices.DistinctBy(device => device.PhysicalUuid, StringComparer.Ordinal)
            .Where(device => device.MinorNumber is not null).ToList();
        var addresses = gpus.Select(gpu => gpu.PciBusId).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var own = (await files.ReadAsync(addresses).ConfigureAwait(false)).Zip(addresses)
            .ToDictionary(pair => pair.Second, pair => pair.First, StringComparer.Ordinal);
        ImmutableArray<KernelGpuFile>? all = null;
        var objections = ImmutableDictionary.CreateBuilder<string, KernelObjection>(StringComparer.Ordinal);
        foreach (var gpu in gpus)
        {
            var file = gpu.PciBusId is { } address ? own[address] : null;
            var objection = FindInOwn(gpu, file);
            if (objection is null && !Confirms(gpu, file))
            {
                // Nothing is at the GPU's address, or nothing with a UUID: another file may know more.
                all ??= await files.ReadAllAsync().ConfigureAwait(false);
                objection = all.Value.Select(other => FindInOther(gpu, other)).FirstOrDefault(found => found is not null);
            }

            if (objection is not null)
            {
                objections[gpu.PhysicalUuid] = objection;
            }
        }

        return objections.ToImmutable();
    }

    private static bool Confirms(GpuDevice gpu, KernelGpuFile? file) =>
        file?.Gpu is { } kernel && Is(gpu, kernel.Uuid) && kernel.MinorNumber == gpu.MinorNumber;

    private static KernelObjection? FindInOwn(GpuDevice gpu, KernelGpuFile? file) => file switch
    {
        { IsLate: true } => new KernelObjection(
            $"the kernel did not confirm that nvidia{gpu.MinorNumber} is its node: \"{file.Path}\" could not be read within "
            + $"{KernelGpuFiles.Limit.TotalSeconds} s", IsContradiction: false),
        { Gpu: { Uuid: { } uuid } } when !Is(gpu, uuid) => new KernelObjection(
            $"NVML says that {gpu.PhysicalUuid} is at {gpu.PciBusId}, but the kernel says {uuid} (\"{file.Path}\")",
            IsContradiction: true),
        { Gpu: { MinorNumber: { } minor } } when minor != gpu.MinorNumber => Differ(gpu, minor, file),
        _ => null,
    };

    private static KernelObjection? FindInOther(GpuDevice gpu, KernelGpuFile file) => file.Gpu switch
    {
        { Uuid: { } uuid, MinorNumber: { } minor } when Is(gpu, uuid) && minor != gpu.MinorNumber => Differ(gpu, minor, file),
        { Uuid: { } uuid } when !Is(gpu, uuid) && file.Gpu.MinorNumber == gpu.MinorNumber => new KernelObjection(
            $"NVML says that nvidia{gpu.MinorNumber} is {gpu.PhysicalUuid}, but the kernel says that it is {uuid} "
            + $"(\"{file.Path}\")", IsContradiction: true),
        _ => null,
    };

    private static KernelObjection Differ(GpuDevice gpu, int minor, KernelGpuFile file) => new(
        $"NVML says that its minor number is {gpu.MinorNumber}, but the kernel says {minor} (\"{file.Path}\")",
        IsContradiction: true);

    private static bool Is(GpuDevice gpu, string? uuid) =>
        string.Equals(gpu.PhysicalUuid, uuid, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Why a node is not handed out.</summary>
/// <param name="Reason">With both values, and the file.</param>
/// <param name="IsContradiction">What is known of the GPU is wrong or old, and to be read again.</param>
internal sealed record KernelObjection(string Reason, bool IsContradiction);

using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// The GPUs that NVML counts or the kernel module lists and to which no handle leads: that a GPU is lost must not make it
/// look as if it had never been there.
/// </summary>
internal static class UnidentifiedGpus
{
    public static ImmutableArray<UnidentifiedGpu> Find(NvmlSession session, ImmutableArray<KernelGpuFile> kernel)
    {
        // The administrator excluded it: NVML is right not to count it.
        var listed = kernel.Select(file => file.Gpu).OfType<KernelGpu>().Where(gpu => !gpu.IsExcluded).ToList();
        var missing = listed.Where(gpu => !session.Gpus.Any(known => Is(gpu, known.Uuid, known.PciBusId))).ToList();
        var found = ImmutableArray.CreateBuilder<UnidentifiedGpu>();
        foreach (var (index, slot) in session.LeftOut)
        {
            // Both go by the PCI address, so that the n-th of one is the n-th of the other where both list all.
            var gpu = index < listed.Count && missing.Contains(listed[index]) ? listed[index] : missing.FirstOrDefault();
            found.Add(Describe(gpu, slot.Fault) with { Index = index });
            if (gpu is not null)
            {
                missing.Remove(gpu);
            }
        }

        foreach (var gpu in missing)
        {
            found.Add(Describe(gpu, session.IsSearched
                ? new DeviceFault(DeviceFaultKind.Lost, $"the kernel lists it at {gpu.PciBusId}, but NVML does not.")
                : new DeviceFault(
                    DeviceFaultKind.NotRead, "the search for the GPUs is still going on.")));
        }

        return found.ToImmutable();
    }

    /// <summary>The GPUs that the kernel module lists, while NVML does not answer.</summary>
    public static ImmutableArray<UnidentifiedGpu> Find(
        ImmutableArray<KernelGpuFile> kernel, ImmutableArray<GpuDevice> devices, DeviceFault fault) =>
    [
        .. kernel.Select(file => file.Gpu).OfType<KernelGpu>()
            .Where(gpu => !gpu.IsExcluded && !devices.Any(device => Is(gpu, device.PhysicalUuid, device.PciBusId)))
            .Select(gpu => Describe(gpu, fault)),
    ];

    private static bool Is(KernelGpu gpu, string knownUuid, string? knownAddress) => gpu.Uuid is { } uuid
        ? string.Equals(uuid, knownUuid, StringComparison.OrdinalIgnoreCase)
        : knownAddress == gpu.PciBusId;

    private static UnidentifiedGpu Describe(KernelGpu? gpu, DeviceFault fault) => new(fault)
    {
        Uuid = gpu?.Uuid, Model = gpu?.Model, PciBusId = gpu?.PciBusId,
    };
}

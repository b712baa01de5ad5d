using System.Globalization;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Reads a GPU's identity. Each answer is kept at once, so that a call that hangs or fails costs only its own answer.
/// </summary>
internal sealed class GpuIdentityReader(DeviceQuery query)
{
    private readonly DeviceFunctions _device = query.Api.Device;

    /// <summary>NVML's name has invalid characters.</summary>
    public bool HasBrokenName { get; private set; }

    /// <summary>Some answer is missing that may come next time.</summary>
    public bool IsIncomplete { get; private set; }

    /// <param name="earlier">What is known already, of which only the name outlives that the GPU was out of reach.</param>
    /// <param name="kernelModel">Its name in the kernel module's words; null when that says none.</param>
    /// <param name="learn">Takes what is known after each answer; false when nothing more is wanted.</param>
    /// <exception cref="NvmlException">An answer says that the GPU, or the driver, is out of reach.</exception>
    public void Read(GpuIdentity earlier, string? kernelModel, Func<GpuIdentity, bool> learn)
    {
        NvmlException? failure = null;
        var identity = GpuIdentity.Unknown with { Name = earlier.Name };
        foreach (var ask in (ReadOnlySpan<Func<GpuIdentity, GpuIdentity>>)
            [ReadAddress, known => ReadName(known, kernelModel), ReadMinorNumber])
        {
            try
            {
                identity = ask(identity);
            }
            catch (NvmlException exception) when (!exception.Result.IsDriverLoss())
            {
                failure ??= exception;
            }

            if (!learn(identity))
            {
                return;
            }
        }

        IsIncomplete = (identity.PciBusId is null && query.Plan.Wants(_device.PciInfo.Name))
            || (identity.MinorNumber is null && query.Plan.Wants(_device.MinorNumber.Name));
        if (failure is not null)
        {
            throw new NvmlException(failure.Function, failure.Result);
        }
    }

    /// <summary>As sysfs writes it: NVML's own text has an eight-digit domain in upper case.</summary>
    internal static string? PciBusId(PciInfo pci) => pci is { Bus: <= 0xFF, Device: <= 0x1F }
        ? string.Create(CultureInfo.InvariantCulture, $"{pci.Domain:x4}:{pci.Bus:x2}:{pci.Device:x2}.0")
        : null;

    private GpuIdentity ReadAddress(GpuIdentity identity) => query.Get<PciInfo>(_device.PciInfo) is { } pci
        ? identity with { PciBusId = PciBusId(pci), PciDeviceId = pci.PciDeviceId }
        : identity;

    private GpuIdentity ReadMinorNumber(GpuIdentity identity) =>
        identity with { MinorNumber = query.GetInt(_device.MinorNumber) };

    private GpuIdentity ReadName(GpuIdentity identity, string? kernelModel)
    {
        Span<byte> buffer = stackalloc byte[NvmlText.BufferSize];
        var result = _device.Name.CallText(query.Device, buffer);
        if (result != NvmlReturn.Success)
        {
            throw new NvmlException(_device.Name.Name, result);
        }

        var name = NvmlText.Read(buffer);
        HasBrokenName = name is null;
        return identity with { Name = name ?? kernelModel ?? identity.FallbackName };
    }
}

using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Reads what belongs to the driver and not to a GPU, once after each init.</summary>
internal static class DriverStatusReader
{
    /// <summary>
    /// Fails with <paramref name="result"/> when the driver is gone again: a success of nvmlInit alone is no proof, it
    /// does not always ask the driver.
    /// </summary>
    public static DriverStatus Read(SystemFunctions system, out NvmlReturn result)
    {
        Span<byte> version = stackalloc byte[NvmlText.BufferSize];
        result = system.DriverVersion.CallText(version);
        var state = default(ConfComputeState);
        return new DriverStatus(DriverState.Loaded)
        {
            Version = result == NvmlReturn.Success ? NvmlText.Read(version) : null,
            Cuda = ReadCuda(system),
            ConfidentialCompute = system.ConfComputeState.Call(ref state) == NvmlReturn.Success
                ? state.Feature != 0
                : null,
        };
    }

    private static CudaVersion? ReadCuda(SystemFunctions system)
    {
        var number = 0;
        return system.CudaDriverVersion2.Call(ref number) == NvmlReturn.Success
            || system.CudaDriverVersion.Call(ref number) == NvmlReturn.Success
            ? CudaVersion.FromNumber(number)
            : null;
    }
}

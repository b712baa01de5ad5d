using DevicePlugin.Hardware.Cuda;

namespace DevicePlugin.Commands;

/// <summary>The hidden command <c>cuda-probe [LIBRARY]</c>: see <see cref="CudaDriver"/>.</summary>
internal static class CudaProbeCommand
{
    public const string Name = CudaDriver.ProbeCommand;

    public static int Run(string? library, TextWriter output)
    {
        CudaDriver.WriteReport(library, output);
        return 0;
    }
}

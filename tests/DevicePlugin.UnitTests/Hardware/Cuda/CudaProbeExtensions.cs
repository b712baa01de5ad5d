using DevicePlugin.Hardware.Cuda;

namespace DevicePlugin.UnitTests.Hardware.Cuda;

internal static class CudaProbeExtensions
{
    /// <summary>Asks, and waits for the first answer of a driver load however long it takes.</summary>
    public static Task<CudaFactTable> AskAsync(
        this CudaProbe probe, int driverLoads, string? driverVersion, int course, CancellationToken cancellationToken)
    {
        probe.Ask(driverLoads, driverVersion, course);
        return probe.ReadAsync(Timeout.InfiniteTimeSpan, cancellationToken);
    }
}

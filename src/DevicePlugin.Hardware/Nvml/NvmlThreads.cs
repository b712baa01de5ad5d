using System.Globalization;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Makes the workers of a backend, whose calls are compared and whose stuck calls count together.</summary>
internal sealed class NvmlThreads(TimeProvider time, StuckCalls stuckCalls)
{
    public CallOrder Order { get; } = new(time);

    /// <summary>How messages name the GPU that calls are about.</summary>
    public static string NameOf(int index) => string.Create(CultureInfo.InvariantCulture, $"GPU {index}");

    public NvmlWorker Create(string name, TimeSpan limit) => new(name, limit, time, stuckCalls, Order);
}

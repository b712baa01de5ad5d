namespace DevicePlugin.Hardware.Nvml;

/// <summary>Makes the workers of a backend, whose stuck calls count together.</summary>
internal sealed class NvmlThreads(TimeProvider time, StuckCalls stuckCalls)
{
    public NvmlWorker Create(string name, TimeSpan limit) => new(name, limit, time, stuckCalls);
}

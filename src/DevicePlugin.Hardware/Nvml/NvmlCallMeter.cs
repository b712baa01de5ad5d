using System.Diagnostics;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Tells an observer of every call to NVML, from the threads that make them. Without an observer a call costs one read of a
/// field more.
/// </summary>
public sealed class NvmlCallMeter
{
    private volatile Observer? _observer;

    /// <param name="function">As NVML exports it.</param>
    /// <param name="duration">How long the call took.</param>
    /// <param name="error">NVML's name of the error, without its prefix; null where the call did what it is for.</param>
    public delegate void Observer(string function, TimeSpan duration, string? error);

    /// <summary>Replaces the observer; null: nobody listens.</summary>
    public void Observe(Observer? observer) => _observer = observer;

    internal long Begin() => _observer is null ? 0 : Stopwatch.GetTimestamp();

    internal void End(string function, long begun, NvmlReturn result) =>
        _observer?.Invoke(function, Stopwatch.GetElapsedTime(begun), IsAnswer(result) ? null : result.CodeName());

    // "There is none" and "not here" are what was asked for; too small a buffer is how a list says its length.
    private static bool IsAnswer(NvmlReturn result) =>
        result is NvmlReturn.Success or NvmlReturn.InsufficientSize || result.IsUnsupported() || result.IsAbsent();
}

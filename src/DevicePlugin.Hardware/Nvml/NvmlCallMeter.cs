using System.Diagnostics;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Tells an observer of every call to NVML, from the threads that make them. Without an observer a call costs a few reads
/// of fields more.
/// </summary>
public sealed class NvmlCallMeter
{
    private volatile Observer? _observer;
    private volatile NvmlCallsInside? _inside;

    /// <param name="function">As NVML exports it.</param>
    /// <param name="duration">How long the call took.</param>
    /// <param name="error">NVML's name of the error, without its prefix; null where the call did what it is for.</param>
    public delegate void Observer(string function, TimeSpan duration, string? error);

    /// <summary>Replaces the observer; null: nobody listens.</summary>
    public void Observe(Observer? observer) => _observer = observer;

    /// <summary>Keeps the calls that begin from now on until they return.</summary>
    public NvmlCallsInside Track() => _inside = new NvmlCallsInside();

    /// <param name="function">As NVML exports it.</param>
    /// <param name="wait">Null for a call that does not wait: how long one that waits takes says nothing about the driver.</param>
    /// <returns>For <see cref="End"/>; zero if the call is not measured.</returns>
    internal long Begin(string function, TimeSpan? wait = null)
    {
        _inside?.Enter(function, wait ?? TimeSpan.Zero);
        return _observer is null || wait is not null ? 0 : Stopwatch.GetTimestamp();
    }

    internal void End(string function, long begun, NvmlReturn result)
    {
        _inside?.Leave();
        if (begun != 0)
        {
            _observer?.Invoke(function, Stopwatch.GetElapsedTime(begun), IsAnswer(result) ? null : result.CodeName());
        }
    }

    // "There is none" and "not here" are what was asked for; too small a buffer is how a list says its length.
    private static bool IsAnswer(NvmlReturn result) =>
        result is NvmlReturn.Success or NvmlReturn.InsufficientSize || result.IsUnsupported() || result.IsAbsent();
}

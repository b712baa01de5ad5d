using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Which of several calls that do not come back is to blame. The driver serializes its calls on a lock: when the call that holds
/// it hangs, those of all GPUs do, and only the first of them says something about its GPU.
/// </summary>
internal sealed class CallOrder
{
    private readonly Lock _gate = new();
    private readonly List<RunningCall> _calls = [];
    private long _answered = -1;

    public void Add(RunningCall call)
    {
        lock (_gate)
        {
            _calls.Add(call);
        }
    }

    public void Remove(RunningCall call)
    {
        lock (_gate)
        {
            _calls.Remove(call);
        }
    }

    /// <summary>A GPU was read from beginning to end, which takes calls that need the driver.</summary>
    /// <param name="begun"><see cref="RunningCall.Calls"/> when that began.</param>
    public void Answered(long begun)
    {
        lock (_gate)
        {
            _answered = Math.Max(_answered, begun);
        }
    }

    /// <summary>
    /// The call that <paramref name="call"/> may wait for: the oldest one that is not back. Null where there is none, or where
    /// the driver has answered others since, so that nothing holds it.
    /// </summary>
    public RunningCall? FindCause(RunningCall call)
    {
        lock (_gate)
        {
            var number = call.Number;
            return _answered >= number || !call.IsInside
                ? null
                : _calls.Where(other => other != call && other.IsInside && other.Number < number)
                    .MinBy(other => other.Number);
        }
    }
}

using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// The calls of this process that have not come back, each of which keeps a thread. No thread can be taken out of the
/// driver, so that only a new process helps when there are too many.
/// </summary>
public sealed class StuckCalls(TimeProvider time, ILogger logger)
{
    /// <summary>The largest systems have 16 GPUs, and each may hang in a reading and in the search for it.</summary>
    public const int Most = 32;

    /// <summary>
    /// Nomad starts a plugin that ended at once and as often as it ends (client/devicemanager/instance.go): the pause between
    /// two starts is ours to make.
    /// </summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, int> _functions = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<string> _mustRestart =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;
    private ITimer? _sessionTimer;
    private int _count;
    private int _sessions;
    private bool _wasServed;

    /// <summary>Completes with the reason when there were too many for all of the pause.</summary>
    public Task<string> MustRestart => _mustRestart.Task;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Raised when a session that a call kept open has been closed.</summary>
    internal event Action? SessionClosed;

    /// <summary>Whether a session that is not being closed has the driver open.</summary>
    internal bool IsServed { get; set; }

    /// <summary>
    /// A session that cannot be closed before its last call is back. Where the driver cannot be used meanwhile, since others
    /// need it or it was reloaded, only a new process helps.
    /// </summary>
    internal void AddSession(Task closed)
    {
        lock (_gate)
        {
            _sessions++;
            _wasServed = IsServed;
            _sessionTimer ??= time.CreateTimer(_ => DecideOnSessions(), null, Pause, Pause);
        }

        _ = closed.ContinueWith(
            _ => RemoveSession(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    internal void Add(string function, Task call)
    {
        lock (_gate)
        {
            _functions[function] = _functions.GetValueOrDefault(function) + 1;
            if (++_count > Most && _timer is null)
            {
                logger.TooManyStuckCalls(Describe(), Pause.TotalSeconds);
                _timer = time.CreateTimer(_ => Decide(), null, Pause, Timeout.InfiniteTimeSpan);
            }
        }

        _ = call.ContinueWith(
            _ => Remove(function), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private void Remove(string function)
    {
        lock (_gate)
        {
            _count--;
            if (--_functions[function] == 0)
            {
                _functions.Remove(function);
            }
        }
    }

    private void RemoveSession()
    {
        lock (_gate)
        {
            if (--_sessions == 0)
            {
                _sessionTimer?.Dispose();
                _sessionTimer = null;
            }
        }

        SessionClosed?.Invoke();
    }

    private void DecideOnSessions()
    {
        lock (_gate)
        {
            if (_sessions > 0 && !IsServed && !_wasServed)
            {
                _mustRestart.TrySetResult(
                    $"the driver could not be closed for {Pause.TotalSeconds:0} s because "
                    + (_count == 1 ? "a call did not return" : "calls did not return")
                    + $" ({string.Join(", ", _functions.Keys)})");
            }

            _wasServed = IsServed;
        }
    }

    private void Decide()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
            if (_count > Most)
            {
                _mustRestart.TrySetResult(Describe());
            }
        }
    }

    private string Describe() =>
        $"{_count} NVML calls did not return and keep a thread each, which is more than {Most} "
        + $"({string.Join(", ", _functions.Select(function => $"{function.Value} x {function.Key}"))})";
}

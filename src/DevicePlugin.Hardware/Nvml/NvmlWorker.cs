using System.Collections.Concurrent;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// A thread for NVML calls, which block and sometimes never return. Whoever waits gives up after the limit; until the
/// call comes back everything else that is asked of this worker fails at once.
/// </summary>
internal sealed class NvmlWorker : IDisposable
{
    private readonly BlockingCollection<Action> _queue = [];
    private readonly string _name;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly StuckCalls? _stuckCalls;
    private readonly RunningCall _running = new();
    private readonly Lock _starting = new();
    private Thread? _thread;
    private volatile Task? _overdue;

    public NvmlWorker(string name, TimeSpan limit, TimeProvider time, StuckCalls? stuckCalls = null)
    {
        _name = name;
        _limit = limit;
        _time = time;
        _stuckCalls = stuckCalls;
    }

    public bool IsOverdue => _overdue is { IsCompleted: false };

    /// <exception cref="TimeoutException">The work, or what was queued before it, took too long.</exception>
    /// <exception cref="NvmlException">The work failed, or the worker is disposed.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default)
    {
        ThrowIfOverdue();
        Start();
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _queue.Add(() => Complete(work, done), cancellationToken);
        }
        catch (InvalidOperationException)
        {
            // Disposed with its session while the caller was on its way here.
            throw new NvmlException("a worker of an earlier session", NvmlReturn.Uninitialized);
        }

        try
        {
            return await done.Task.WaitAsync(_limit, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException) when (done.Task.IsCompleted)
        {
            // It came back at the last moment, or failed with this itself.
            return await done.Task.ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Of what was queued behind the call that hangs nothing counts but the call.
            if (!IsOverdue)
            {
                _overdue = done.Task;
                _stuckCalls?.Add(_running.Function ?? _name, done.Task);
            }

            throw Overdue();
        }
    }

    /// <exception cref="TimeoutException">A call has not come back.</exception>
    public void ThrowIfOverdue()
    {
        if (IsOverdue)
        {
            throw Overdue();
        }
    }

    public void Dispose() => _queue.CompleteAdding();

    private static void Complete<T>(Func<T> work, TaskCompletionSource<T> done)
    {
        // Whatever the work throws belongs to the one who waits for it; the thread goes on.
        try
        {
            done.SetResult(work());
        }
        catch (Exception exception)
        {
            done.SetException(exception);
        }
    }

    private TimeoutException Overdue() =>
        new($"{_running.Function ?? "NVML"} did not return within {_limit.TotalSeconds:0.#} s");

    private void Start()
    {
        lock (_starting)
        {
            if (_thread is null)
            {
                _thread = new Thread(Work) { IsBackground = true, Name = _name };
                _thread.Start();
            }
        }
    }

    private void Work()
    {
        foreach (var action in _queue.GetConsumingEnumerable())
        {
            _running.Begin();
            action();
        }
    }
}

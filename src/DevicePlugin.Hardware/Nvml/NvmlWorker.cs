using System.Collections.Concurrent;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// A thread for NVML calls, which block and sometimes never return. Whoever waits gives up when a single call has taken longer
/// than the limit, however many calls the work is made of; until that call comes back everything else that is asked of this
/// worker fails at once.
/// </summary>
internal sealed class NvmlWorker : IDisposable
{
    private readonly BlockingCollection<Action> _queue = [];
    private readonly string _name;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly StuckCalls? _stuckCalls;
    private readonly CallOrder _order;
    private readonly RunningCall _running;
    private readonly Lock _starting = new();
    private Thread? _thread;
    private volatile Task? _overdue;

    /// <param name="order">Where the calls of several workers are compared.</param>
    public NvmlWorker(
        string name, TimeSpan limit, TimeProvider time, StuckCalls? stuckCalls = null, CallOrder? order = null)
    {
        _name = name;
        _limit = limit;
        _time = time;
        _stuckCalls = stuckCalls;
        _order = order ?? new CallOrder(time);
        _running = new RunningCall(time);
    }

    /// <summary>Raised when a call that was given up came back after all.</summary>
    public event Action? CameBack;

    public bool IsOverdue => _overdue is { IsCompleted: false };

    /// <summary>The index of the GPU that its calls are about; null where they are not about one.</summary>
    public int? Gpu
    {
        set => _running.Gpu = value;
    }

    /// <summary>Judges the call that has not come back, by what the other workers' calls show now; null while there is none.</summary>
    public CallHangsException? FindHang() => IsOverdue ? Overdue() : null;

    /// <exception cref="CallHangsException">A call of the work, or of what was queued before it, took too long.</exception>
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

        for (var left = _limit; left > TimeSpan.Zero; left = _limit - _running.Age)
        {
            try
            {
                return await done.Task.WaitAsync(left, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException) when (!done.Task.IsCompleted)
            {
                // The call that it is in now may have begun a moment ago.
            }
            catch (TimeoutException)
            {
                // It came back at the last moment, or failed with this itself.
                return await done.Task.ConfigureAwait(false);
            }
        }

        // Of what was queued behind the call that hangs nothing counts but the call.
        if (!IsOverdue)
        {
            GiveUp(done.Task);
        }

        throw Overdue();
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Action work, CancellationToken cancellationToken = default) => RunAsync(
        () =>
        {
            work();
            return true;
        },
        cancellationToken);

    /// <exception cref="CallHangsException">A call has not come back.</exception>
    public void ThrowIfOverdue()
    {
        if (FindHang() is { } hang)
        {
            throw hang;
        }
    }

    /// <summary>A call that hangs stays: it may hold the driver's lock. No report has its GPU any more.</summary>
    public void Dispose()
    {
        Gpu = null;
        _queue.CompleteAdding();
    }

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

    private void GiveUp(Task call)
    {
        _overdue = call;
        _stuckCalls?.Add(_running.Function ?? _name, call);
        call.ContinueWith(
            _ => CameBack?.Invoke(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private CallHangsException Overdue()
    {
        var verdict = _order.Judge(_running, _limit);
        var what = _running switch
        {
            { Function: null } => "NVML",
            { IsInside: true, Function: var function } => function,

            // It reads a file of the driver, for example.
            { Function: var function } => $"what follows {function}",
        };
        return new CallHangsException(verdict.Cause, verdict.Tell(what, _limit));
    }

    private void Start()
    {
        lock (_starting)
        {
            if (_thread is null)
            {
                _order.Add(_running);
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

        _order.Remove(_running);
    }
}

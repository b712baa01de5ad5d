namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Work that may take longer than others can wait for it. It goes on then, its end is told with an event, and who asks next
/// gets what it brought. Used by one caller at a time.
/// </summary>
internal sealed class PatientWork(GpuEventHub hub, TimeProvider time)
{
    private Task? _task;
    private volatile bool _isLate;

    /// <summary>A caller gave up waiting for the current or the latest work.</summary>
    public bool IsLate => _isLate;

    /// <summary>Begins the work unless some is running. The result need not be fetched.</summary>
    public void Begin(Func<Task> work)
    {
        if (_task is null)
        {
            _task = work();
            _isLate = false;
            _task.ContinueWith(
                failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default);
        }
    }

    /// <summary>False when the work is not done within <paramref name="patience"/>.</summary>
    /// <param name="isStale">
    /// Whether something happened since the latest work began that makes what it brings too late unwanted: it must not pass
    /// for an answer to that.
    /// </param>
    public async Task<bool> RunAsync(
        Func<Task> work, Func<bool> isStale, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_task is { } late && !await IsDoneAsync(late, patience, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        if (_task is null || isStale())
        {
            _task = work();
            _isLate = false;
        }

        var task = _task;
        if (!await IsDoneAsync(task, patience, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        _task = null;
        await task.ConfigureAwait(false);
        return true;
    }

    /// <summary>Waits for work that nobody wants any more.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_task is { } task)
        {
            await task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            _task = null;
        }
    }

    private async Task<bool> IsDoneAsync(Task task, TimeSpan patience, CancellationToken cancellationToken)
    {
        await task.WaitAsync(patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (!task.IsCompleted)
        {
            NudgeAfter(task);
        }

        return task.IsCompleted;
    }

    private void NudgeAfter(Task task)
    {
        if (!_isLate)
        {
            _isLate = true;
            task.ContinueWith(
                _ => hub.Nudge(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }
}

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>
/// Counts the threads that are inside a library: only without any may it be shut down and unmapped, since a thread that comes
/// back into code that is gone ends the process.
/// </summary>
internal sealed class LibraryGate
{
    // The highest bit that leaves the count of threads alone.
    private const int Closed = 1 << 30;

    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;

    /// <summary>How many threads are inside.</summary>
    public int Inside => Volatile.Read(ref _state) & ~Closed;

    /// <summary>False: the library is being closed.</summary>
    public bool TryEnter()
    {
        if ((Interlocked.Increment(ref _state) & Closed) == 0)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref _state) == Closed)
        {
            _left.TrySetResult();
        }
    }

    /// <summary>Lets nobody in any more; completes when the last one has left.</summary>
    public Task Close()
    {
        if (Interlocked.Or(ref _state, Closed) is 0 or Closed)
        {
            _left.TrySetResult();
        }

        return _left.Task;
    }
}

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Runs the calls that look for GPUs, which have no worker of their own yet. One thread does them all; a call that hangs
/// keeps it, another thread takes over, and what hung is not asked again before it came back.
/// </summary>
internal sealed class NvmlLookup(TimeSpan limit, NvmlThreads threads) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, NvmlWorker> _stuck = [];
    private NvmlWorker _worker = threads.Create("nvml-lookup", limit);
    private bool _isDisposed;

    /// <param name="subject">What is asked for, the index of a GPU or a negative number: the calls for one subject hang together.</param>
    /// <exception cref="CallHangsException">It took too long, or an earlier call has not come back.</exception>
    /// <exception cref="NvmlException">The call failed, or nothing is looked for any more.</exception>
    public async Task<T> RunAsync<T>(int subject, Func<T> work)
    {
        var worker = Take(subject);
        worker.Gpu = subject >= 0 ? subject : null;
        try
        {
            return await worker.RunAsync(work).ConfigureAwait(false);
        }
        catch (TimeoutException) when (worker.IsOverdue)
        {
            Replace(subject, worker);
            throw;
        }
    }

    /// <summary>Its threads end, each when its call has come back.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _worker.Dispose();
            foreach (var worker in _stuck.Values)
            {
                worker.Dispose();
            }
        }
    }

    private NvmlWorker Take(int subject)
    {
        lock (_gate)
        {
            if (_stuck.TryGetValue(subject, out var earlier))
            {
                earlier.ThrowIfOverdue();
                _stuck.Remove(subject);
                earlier.Dispose();
            }

            return _worker;
        }
    }

    private void Replace(int subject, NvmlWorker worker)
    {
        lock (_gate)
        {
            _stuck[subject] = worker;
            if (_worker == worker && !_isDisposed)
            {
                _worker = threads.Create("nvml-lookup", limit);
            }
        }
    }
}

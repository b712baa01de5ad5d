namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Runs the calls that look for GPUs, which have no worker of their own yet. One thread does them all; a call that hangs
/// keeps it, another thread takes over, and what hung is not asked again before it came back.
/// </summary>
internal sealed class NvmlLookup(TimeSpan limit, NvmlThreads threads)
{
    private readonly Dictionary<int, NvmlWorker> _stuck = [];
    private NvmlWorker _worker = threads.Create("nvml-lookup", limit);

    /// <param name="subject">What is asked for: the calls for one subject hang together.</param>
    /// <exception cref="TimeoutException">It took too long, or an earlier call has not come back.</exception>
    /// <exception cref="NvmlException">The call failed.</exception>
    public async Task<T> RunAsync<T>(int subject, Func<T> work)
    {
        if (_stuck.TryGetValue(subject, out var earlier))
        {
            earlier.ThrowIfOverdue();
            _stuck.Remove(subject);
            earlier.Dispose();
        }

        try
        {
            return await _worker.RunAsync(work).ConfigureAwait(false);
        }
        catch (TimeoutException) when (_worker.IsOverdue)
        {
            _stuck[subject] = _worker;
            _worker = threads.Create("nvml-lookup", limit);
            throw;
        }
    }
}

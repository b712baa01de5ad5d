using System.Collections.Concurrent;
using System.Diagnostics;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>A call to NVML that has begun.</summary>
/// <param name="Function">As NVML exports it.</param>
/// <param name="Thread">Name of the thread that made it, which tells its GPU where it has one.</param>
/// <param name="Wait">How long the call was told to wait for something; zero for all others.</param>
public sealed record NvmlCall(string Function, string Thread, TimeSpan Wait)
{
    private readonly long _begun = Stopwatch.GetTimestamp();

    public TimeSpan Age => Stopwatch.GetElapsedTime(_begun);
}

/// <summary>The calls of all threads that have begun and not returned. A call that hangs never reaches the observer of ends.</summary>
public sealed class NvmlCallsInside
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    // A thread is in one call at a time.
    private readonly ConcurrentDictionary<int, NvmlCall> _calls = new();

    /// <summary>Waits until each call that is going on now has returned or has taken longer than <paramref name="limit"/>.</summary>
    /// <param name="limit">For one call; a call that was told to wait may take that much longer.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The calls that have not returned, the oldest first: the others may be waiting for it.</returns>
    public async Task<IReadOnlyList<NvmlCall>> FindOverdueAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var left = _calls.ToArray();
        while (left.Any(call => call.Value.Age <= limit + call.Value.Wait))
        {
            // The functions are real ones, and so is the time that they take.
            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
            left = [.. left.Where(call => ReferenceEquals(_calls.GetValueOrDefault(call.Key), call.Value))];
        }

        return [.. left.Select(call => call.Value).OrderByDescending(call => call.Age)];
    }

    internal void Enter(string function, TimeSpan wait) =>
        _calls[Environment.CurrentManagedThreadId] = new NvmlCall(function, Thread.CurrentThread.Name ?? "", wait);

    internal void Leave() => _calls.TryRemove(Environment.CurrentManagedThreadId, out _);
}

using System.Runtime.CompilerServices;
using System.Threading.Channels;
using DevicePlugin.Gpu;

namespace DevicePlugin.Tests;

/// <summary>A backend whose answers a test sets, and which tells when it was asked.</summary>
internal sealed class ScriptedBackend : IGpuBackend
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<GpuEvent> _events = Channel.CreateUnbounded<GpuEvent>();
    private readonly SemaphoreSlim _enumerated = new(0);
    private readonly SemaphoreSlim _watched = new(0);
    private readonly SemaphoreSlim _handled = new(0);
    private int _unhandled;
    private int _enumerations;
    private int _reads;
    private int _watches;

    public NodeReport Report { get; set; } = TestGpus.Report();

    /// <summary>Awaited by every enumeration: a test that does not complete it makes the hardware hang.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Thrown by every attempt to listen to events.</summary>
    public Exception? WatchFailure { get; set; }

    /// <summary>Every attempt to listen ends without an event.</summary>
    public bool WatchEnds { get; set; }

    public int Watches => Volatile.Read(ref _watches);

    /// <summary>How often events were listened to when the first enumeration began.</summary>
    public int WatchesBeforeEnumeration { get; private set; }

    public Func<GpuDevice, Task<GpuReadings>> Read { get; set; } = _ => Task.FromResult(GpuReadings.None);

    public int Enumerations => Volatile.Read(ref _enumerations);

    public int Reads => Volatile.Read(ref _reads);

    public bool IsDisposed { get; private set; }

    public bool IsSimulated { get; init; }

    public void Raise(GpuEvent gpuEvent)
    {
        Interlocked.Increment(ref _unhandled);
        _events.Writer.TryWrite(gpuEvent);
    }

    /// <summary>Waits until whoever listens is done with every event that was raised.</summary>
    public async Task UntilHandledAsync()
    {
        while (Volatile.Read(ref _unhandled) > 0)
        {
            await _handled.WaitAsync().DefaultTimeout();
        }
    }

    /// <summary>Waits for one more enumeration to begin.</summary>
    public Task NextEnumeration() => _enumerated.WaitAsync();

    public async Task<NodeReport> EnumerateAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _enumerations) == 1)
        {
            WatchesBeforeEnumeration = Watches;
        }

        _enumerated.Release();
        await Gate.WaitAsync(cancellationToken);
        return Report;
    }

    public Task<GpuReadings> ReadAsync(GpuDevice device, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return Read(device);
    }

    /// <summary>Waits for one more attempt to listen.</summary>
    public Task NextWatch() => _watched.WaitAsync();

    public async IAsyncEnumerable<GpuEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _watches);
        _watched.Release();
        if (WatchFailure is { } failure)
        {
            throw failure;
        }

        if (WatchEnds)
        {
            yield break;
        }

        await foreach (var gpuEvent in _events.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                yield return gpuEvent;
            }
            finally
            {
                Interlocked.Decrement(ref _unhandled);
                _handled.Release();
            }

            if (WatchFailure is { } later)
            {
                throw later;
            }
        }
    }

    public bool IsReleased => Released.IsCompleted;

    /// <summary>Completes with the first release, after which its events are not read.</summary>
    public Task Released => _released.Task;

    public Task ReleaseAsync()
    {
        _released.TrySetResult();
        return DisposeAsync().AsTask();
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}

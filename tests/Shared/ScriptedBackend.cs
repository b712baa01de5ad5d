using System.Threading.Channels;
using DevicePlugin.Gpu;

namespace DevicePlugin.Tests;

/// <summary>A backend whose answers a test sets, and which tells when it was asked.</summary>
internal sealed class ScriptedBackend : IGpuBackend
{
    private readonly Channel<GpuEvent> _events = Channel.CreateUnbounded<GpuEvent>();
    private readonly SemaphoreSlim _enumerated = new(0);
    private int _enumerations;
    private int _reads;

    public NodeReport Report { get; set; } = TestGpus.Report();

    /// <summary>Awaited by every enumeration: a test that does not complete it makes the hardware hang.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public Func<GpuDevice, Task<GpuReadings>> Read { get; set; } = _ => Task.FromResult(GpuReadings.None);

    public int Enumerations => Volatile.Read(ref _enumerations);

    public int Reads => Volatile.Read(ref _reads);

    public bool IsDisposed { get; private set; }

    public bool IsSimulated { get; init; }

    public void Raise(GpuEvent gpuEvent) => _events.Writer.TryWrite(gpuEvent);

    /// <summary>Waits for one more enumeration to begin.</summary>
    public Task NextEnumeration() => _enumerated.WaitAsync();

    public async Task<NodeReport> EnumerateAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _enumerations);
        _enumerated.Release();
        await Gate.WaitAsync(cancellationToken);
        return Report;
    }

    public Task<GpuReadings> ReadAsync(GpuDevice device, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return Read(device);
    }

    public IAsyncEnumerable<GpuEvent> WatchAsync(CancellationToken cancellationToken) =>
        _events.Reader.ReadAllAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}

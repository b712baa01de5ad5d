using System.Threading.Channels;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>Asks the monitor's loop for refreshes. Requests that come while one is pending are served by the same refresh.</summary>
internal sealed class RefreshRequests
{
    private readonly Channel<bool> _pending = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Lock _gate = new();
    private List<TaskCompletionSource> _waiting = [];

    public void Add() => _pending.Writer.TryWrite(true);

    /// <summary>Completes with the first refresh that begins from now on.</summary>
    public Task AddAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Add(done);
        }

        Add();
        return done.Task;
    }

    public IAsyncEnumerable<bool> ReadAllAsync(CancellationToken cancellationToken) => _pending.Reader.ReadAllAsync(cancellationToken);

    /// <summary>To be called when a refresh begins: those to complete when it has ended.</summary>
    public IReadOnlyList<TaskCompletionSource> TakeWaiting()
    {
        lock (_gate)
        {
            var waiting = _waiting;
            _waiting = [];
            return waiting;
        }
    }
}

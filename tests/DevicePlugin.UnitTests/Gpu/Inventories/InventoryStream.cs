using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>A reader of the monitor, one message at a time.</summary>
internal sealed class InventoryStream(InventoryMonitor monitor) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private IAsyncEnumerator<Inventory>? _messages;
    private Task<bool>? _pending;

    /// <summary>The stream has not ended.</summary>
    public bool IsOpen => _pending is not { IsCompleted: true } pending || (pending.IsCompletedSuccessfully && pending.Result);

    public async Task<Inventory> NextAsync()
    {
        _messages ??= monitor.WatchAsync(_stop.Token).GetAsyncEnumerator();
        _pending = _messages.MoveNextAsync().AsTask();
        Assert.That(await _pending.DefaultTimeout(), Is.True, "the stream ended");
        return _messages.Current;
    }

    /// <summary>The first message from now on that is as wanted; those between are skipped.</summary>
    public async Task<Inventory> UntilAsync(Func<Inventory, bool> wanted)
    {
        while (true)
        {
            var inventory = await NextAsync();
            if (wanted(inventory))
            {
                return inventory;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_pending is { } pending)
        {
            await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (_messages is not null)
        {
            await _messages.DisposeAsync();
        }

        _stop.Dispose();
    }
}

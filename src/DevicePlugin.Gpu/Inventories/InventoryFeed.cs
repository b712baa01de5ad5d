using System.Runtime.CompilerServices;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>The latest inventory, and everyone who waits for the next one.</summary>
internal sealed class InventoryFeed
{
    private readonly Lock _gate = new();
    private Inventory? _current;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Null before the first one.</summary>
    public Inventory? Current => Volatile.Read(ref _current);

    /// <summary>The current inventory, then every later one that differs; a slow reader gets the newest only.</summary>
    public async IAsyncEnumerable<Inventory> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Inventory? last = null;
        while (true)
        {
            Inventory? inventory;
            Task changed;
            lock (_gate)
            {
                (inventory, changed) = (_current, _changed.Task);
            }

            if (inventory is null || inventory.Equals(last))
            {
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            last = inventory;
            yield return inventory;
        }
    }

    /// <summary>
    /// Calls <paramref name="onChange"/> with the one before, and tells it, unless there is nothing new to tell. One call at a time.
    /// </summary>
    public void Publish(Inventory inventory, Action<Inventory?> onChange)
    {
        var before = Current;
        if (inventory.Equals(before))
        {
            return;
        }

        onChange(before);
        lock (_gate)
        {
            Tell(inventory);
        }
    }

    /// <summary>False when there is one already.</summary>
    public bool PublishFirst(Inventory inventory)
    {
        lock (_gate)
        {
            if (_current is not null)
            {
                return false;
            }

            Tell(inventory);
            return true;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Tell(Inventory inventory)
    {
        Volatile.Write(ref _current, inventory);
        var signal = _changed;
        _changed = NewSignal();
        signal.SetResult();
    }
}

using System.Threading.Channels;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware;

/// <summary>
/// Hands a backend's events to everyone who watches; keeps them for the first one while there is none. A watcher that does
/// not read loses the oldest.
/// </summary>
internal sealed class GpuEventHub
{
    private const int Capacity = 4096;

    private readonly Lock _lock = new();
    private readonly List<Channel<GpuEvent>> _watchers = [];
    private readonly Queue<GpuEvent> _kept = [];

    /// <summary>Before the watchers get the event.</summary>
    public event Action<GpuEvent>? Published;

    public Channel<GpuEvent> Subscribe()
    {
        var watcher = Channel.CreateBounded<GpuEvent>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            while (_kept.TryDequeue(out var gpuEvent))
            {
                watcher.Writer.TryWrite(gpuEvent);
            }

            _watchers.Add(watcher);
        }

        return watcher;
    }

    public void Unsubscribe(Channel<GpuEvent> watcher)
    {
        lock (_lock)
        {
            _watchers.Remove(watcher);
        }
    }

    public void Publish(GpuEvent gpuEvent)
    {
        Published?.Invoke(gpuEvent);
        Tell(gpuEvent);
    }

    public void PublishInventory(string? uuid = null) => Publish(new GpuEvent(GpuEventKind.Inventory, uuid));

    /// <summary>Asks the watchers to enumerate. Nothing happened to the hardware: an answer came late.</summary>
    public void Nudge() => Tell(new GpuEvent(GpuEventKind.Inventory, null));

    /// <summary>Ends every watch.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _watchers.ForEach(watcher => watcher.Writer.TryComplete());
        }
    }

    private void Tell(GpuEvent gpuEvent)
    {
        lock (_lock)
        {
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(gpuEvent);
            }

            // Reading again once is enough, however often it was asked for.
            var isNews = gpuEvent.Kind != GpuEventKind.Inventory || !_kept.Contains(gpuEvent);
            if (_watchers.Count == 0 && isNews && _kept.Count < Capacity)
            {
                _kept.Enqueue(gpuEvent);
            }
        }
    }
}

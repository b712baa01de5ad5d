using System.Threading.Channels;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Fake;

/// <summary>Hands events to every watcher; keeps them for the first one while there is none.</summary>
internal sealed class EventHub
{
    private const int MostKept = 4096;

    private readonly Lock _lock = new();
    private readonly List<Channel<GpuEvent>> _watchers = [];
    private readonly Queue<GpuEvent> _kept = [];

    public void Publish(GpuEvent item)
    {
        lock (_lock)
        {
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(item);
            }

            // Reading again once is enough, however often it was asked for.
            var isNews = item.Kind != GpuEventKind.Inventory || !_kept.Contains(item);
            if (_watchers.Count == 0 && isNews && _kept.Count < MostKept)
            {
                _kept.Enqueue(item);
            }
        }
    }

    public Channel<GpuEvent> Subscribe()
    {
        var watcher = Channel.CreateBounded<GpuEvent>(
            new BoundedChannelOptions(MostKept) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            while (_kept.TryDequeue(out var item))
            {
                watcher.Writer.TryWrite(item);
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

    public void Complete()
    {
        lock (_lock)
        {
            _watchers.ForEach(watcher => watcher.Writer.TryComplete());
        }
    }
}

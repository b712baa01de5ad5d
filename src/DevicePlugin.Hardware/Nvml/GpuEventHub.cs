using System.Collections.Immutable;
using System.Threading.Channels;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Hands events to everyone who watches; a watcher that does not read loses the oldest.</summary>
internal sealed class GpuEventHub
{
    private const int Capacity = 1024;

    private ImmutableArray<Channel<GpuEvent>> _watchers = [];

    /// <summary>Before the watchers get the event.</summary>
    public event Action<GpuEvent>? Published;

    public Channel<GpuEvent> Subscribe()
    {
        var channel = Channel.CreateBounded<GpuEvent>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest });
        ImmutableInterlocked.Update(ref _watchers, static (all, added) => all.Add(added), channel);
        return channel;
    }

    public void Unsubscribe(Channel<GpuEvent> channel) =>
        ImmutableInterlocked.Update(ref _watchers, static (all, removed) => all.Remove(removed), channel);

    public void Publish(GpuEvent gpuEvent)
    {
        Published?.Invoke(gpuEvent);
        foreach (var watcher in _watchers)
        {
            watcher.Writer.TryWrite(gpuEvent);
        }
    }

    /// <summary>Ends every watch.</summary>
    public void Complete()
    {
        foreach (var watcher in _watchers)
        {
            watcher.Writer.TryComplete();
        }
    }

    public void PublishInventory(string? uuid = null) => Publish(new GpuEvent(GpuEventKind.Inventory, uuid));
}

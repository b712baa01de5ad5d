using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class GpuEventHubTests
{
    [Test]
    public void Publish_Watchers_AllGetTheEventUntilTheyLeave()
    {
        var hub = new GpuEventHub();
        var one = hub.Subscribe();
        var two = hub.Subscribe();
        var xid = new GpuEvent(GpuEventKind.Xid, "GPU-x", 79);

        hub.Publish(xid);
        hub.Unsubscribe(two);
        hub.PublishInventory();

        Assert.That(one.Reader.TryRead(out var first), Is.True);
        Assert.That(first, Is.EqualTo(xid));
        Assert.That(one.Reader.Count, Is.EqualTo(1));
        Assert.That(two.Reader.Count, Is.EqualTo(1));
    }

    [Test]
    public void Publish_WatcherDoesNotRead_KeepsTheNewest()
    {
        var hub = new GpuEventHub();
        var slow = hub.Subscribe();
        for (var i = 0; i < 5000; i++)
        {
            hub.Publish(new GpuEvent(GpuEventKind.Xid, null, i));
        }

        var kept = new List<long>();
        while (slow.Reader.TryRead(out var gpuEvent))
        {
            kept.Add(gpuEvent.Data);
        }

        Assert.That(kept[^1], Is.EqualTo(4999));
        Assert.That(kept, Has.Count.LessThan(5000));
    }
}

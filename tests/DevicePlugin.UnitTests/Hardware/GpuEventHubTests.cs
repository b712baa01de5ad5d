using DevicePlugin.Gpu;
using DevicePlugin.Hardware;

namespace DevicePlugin.UnitTests.Hardware;

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

    [Test]
    public void Publish_NobodyWatchesYet_IsKeptForTheFirstWatcherOnly()
    {
        // Registered for before the first enumeration, an XID may come before anybody listens.
        var hub = new GpuEventHub();
        var xid = new GpuEvent(GpuEventKind.Xid, "GPU-x", 79);
        hub.Publish(xid);
        hub.PublishInventory();
        hub.PublishInventory();

        var first = hub.Subscribe();
        var second = hub.Subscribe();

        Assert.That(first.Reader.Count, Is.EqualTo(2), "reading again once is enough");
        Assert.That(first.Reader.TryRead(out var kept), Is.True);
        Assert.That(kept, Is.EqualTo(xid));
        Assert.That(second.Reader.Count, Is.Zero);
    }

    [Test]
    public void Publish_NobodyEverWatches_KeepsTheFirstAndNoMoreThanAWatcherCouldTake()
    {
        var hub = new GpuEventHub();
        for (var i = 0; i < 5000; i++)
        {
            hub.Publish(new GpuEvent(GpuEventKind.Xid, null, i));
        }

        var late = hub.Subscribe();

        Assert.That(late.Reader.Count, Is.LessThan(5000));
        Assert.That(late.Reader.TryRead(out var first), Is.True);
        Assert.That(first!.Data, Is.Zero, "the onset is what counts");
    }

    [Test]
    public void Publish_AndNudge_OnlyTheFirstIsNewsOfTheHardware()
    {
        var hub = new GpuEventHub();
        var news = new List<GpuEvent>();
        hub.Published += news.Add;
        var watcher = hub.Subscribe();

        hub.Nudge();
        Assert.That(news, Is.Empty);
        hub.PublishInventory("GPU-x");

        Assert.That(news, Is.EqualTo(new[] { new GpuEvent(GpuEventKind.Inventory, "GPU-x") }));
        Assert.That(watcher.Reader.Count, Is.EqualTo(2));
    }

    [Test]
    public void Complete_EndsEveryWatch()
    {
        var hub = new GpuEventHub();
        var watcher = hub.Subscribe();

        hub.Complete();

        Assert.That(watcher.Reader.Completion.IsCompleted, Is.True);
    }
}

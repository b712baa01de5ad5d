using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Gpu.Inventories;

namespace DevicePlugin.UnitTests.Gpu.Sharing;

/// <summary>Shared devices over the life of a node.</summary>
internal sealed class MonitorSharingTests : MonitorTests
{
    [Test]
    public async Task Watch_Shared_OffersReplicasAndLogsEachGpuOnce()
    {
        Share(Rule("0", 3));
        await using var stream = new InventoryStream(Monitor);

        var inventory = await stream.NextAsync();

        Assert.That(Ids(inventory), Is.EqualTo(
            ["GPU-00000000::0", "GPU-00000000::1", "GPU-00000000::2", "GPU-00000001"]));
        Assert.That(inventory.Groups.Select(group => group.Name), Is.EqualTo([TestGpus.Model, $"{TestGpus.Model}-SHARED"]));
        Assert.That(Logs.Named("DeviceShared").Single().Message, Is.EqualTo(
            $"Device \"GPU-00000000\" ({TestGpus.Model}, 0000:10:00.0) is offered to Nomad as 3 replicas, "
            + "shared by time-slicing."));
    }

    [Test]
    public async Task Xid_OfASharedGpu_MakesEveryReplicaUnhealthyAndIsLoggedOnce()
    {
        Share(Rule("0", 3));
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Raise(0, 79);

        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { false, false, false, true }));
        Assert.That(Logs.Named("DeviceUnhealthy").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Gpu_Unplugged_KeepsItsReplicasUntilItIsForgotten()
    {
        Share(Rule("0", 3));
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Backend.Report = TestGpus.Report(Gpu(1));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That(Usable(await stream.NextAsync()), Is.EqualTo(new[] { false, false, false, true }));

        Time.Advance(DeviceRetention.Limit);
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That(Ids(await stream.UntilAsync(current => current.Devices.Length == 1)), Is.EqualTo(["GPU-00000001"]));
    }

    [Test]
    public async Task LastExclusiveGpu_Gone_TheSharedGroupKeepsItsName()
    {
        Share(Rule("0", 2));
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Backend.Report = TestGpus.Report(Gpu(0));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        await stream.NextAsync();
        Time.Advance(DeviceRetention.Limit);
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        var inventory = await stream.UntilAsync(current => current.Devices.Length == 2);
        Assert.That(inventory.Groups.Single().Name, Is.EqualTo($"{TestGpus.Model}-SHARED"));
    }

    [Test]
    public async Task NewRules_ReplaceTheReplicas()
    {
        Share(Rule("all", 2));
        await using var stream = new InventoryStream(Monitor);
        Assert.That((await stream.NextAsync()).Devices, Has.Length.EqualTo(4));

        Share(Rule("1", 3));

        Assert.That(Ids(await stream.UntilAsync(current => current.Devices.Length != 2)), Is.EqualTo(
            ["GPU-00000000", "GPU-00000001::0", "GPU-00000001::1", "GPU-00000001::2"]));
    }

    [Test]
    public async Task Rules_ThatDoNotSuitTheNode_AreLoggedOnce()
    {
        Logs.ExpectErrors(entry => entry.EventId.Name == "SharingIsWrong");
        Share(Rule("all", 2), Rule("1", 3), Rule("*T4*", 2));
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();

        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1), Gpu(2));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        await stream.UntilAsync(current => current.Devices.Length == 6);

        Assert.That(Logs.Named("SharingIsWrong").Single().Message, Is.EqualTo(
            "The sharing of devices is not as configured: sharing[0] and sharing[1] both match GPU-00000001, and "
            + "sharing[0] is used; let each block name other devices, or take them out with an earlier block of replicas = 1."));
        Assert.That(Logs.Named("SharingMatchesNothing").Single().Message, Does.StartWith(
            "\"*T4*\" in sharing[2].devices names no device of this node; "));
    }

    [Test]
    public async Task Rules_BeforeTheDriverIsLoaded_AreNotJudged()
    {
        Backend.Report = NodeReport.Without(DriverState.NotLoaded, "no");
        Share(Rule("*T4*", 2));
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        Assert.That(Logs.Named("SharingMatchesNothing"), Is.Empty);

        Backend.Report = TestGpus.Report(Gpu(0));
        Backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        await stream.NextAsync();

        Assert.That(Logs.Named("SharingMatchesNothing").Count(), Is.EqualTo(1));
    }

    private static IEnumerable<string> Ids(Inventory inventory) => inventory.Devices.Select(device => device.Id);

    private static SharingRule Rule(string device, int replicas) =>
        new() { Devices = [new DevicePattern(device)], Replicas = replicas };

    private void Share(params SharingRule[] rules) =>
        Monitor.Configure(Settings(HealthPolicy.Default) with { Sharing = new SharingPolicy(rules) });
}

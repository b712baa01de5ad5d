using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>Devices that no task can be given, whatever their health and the switches of health.</summary>
internal sealed class ObstacleTests : MonitorTests
{
    private ImmutableDictionary<string, string> _obstacles = ImmutableDictionary<string, string>.Empty;

    [TestCase(true)]
    [TestCase(false)]
    public async Task Obstacle_StandsAndEnds_WhateverTheHealthSwitchSays(bool judgesHealth)
    {
        Obstruct(0, "there is no node");
        await using var stream = Watch(new HealthPolicy { Enabled = judgesHealth });
        await stream.MoveNextAsync();
        var first = stream.Current;

        Assert.That(Usable(first), Is.EqualTo([false, true]));
        Assert.That(
            first.Devices[0].Health.Description,
            Is.EqualTo("cannot be handed to a task: there is no node. Since 2026-11-23T03:00:00Z"));

        _obstacles = _obstacles.Clear();
        await NextAsync(stream);
        Assert.That(Usable(stream.Current), Is.EqualTo([true, true]));
        Assert.That(stream.Current.Devices[0].Obstacle, Is.Null);
    }

    [Test]
    public async Task Obstacle_ReasonChanges_KeepsItsOnset()
    {
        Obstruct(0, "there is no node");
        await using var stream = Watch(HealthPolicy.Default);
        await stream.MoveNextAsync();
        Obstruct(0, "there is no library");
        await NextAsync(stream);

        Assert.That(
            stream.Current.Devices[0].Health.Description,
            Is.EqualTo("cannot be handed to a task: there is no library. Since 2026-11-23T03:00:00Z"));
    }

    [Test]
    public async Task Obstacle_OfASickGpu_IsToldAfterItsCause()
    {
        Obstruct(0, "there is no node");
        Backend.Report = DevicePlugin.Tests.TestGpus.Report(Sick(0, DeviceFaultKind.RemapFailed), Gpu(1));
        await using var stream = Watch(HealthPolicy.Default);
        await stream.MoveNextAsync();

        Assert.That(stream.Current.Devices[0].Health.Description, Does.Contain("remap").IgnoreCase
            .And.EndsWith("cannot be handed to a task: there is no node. Since 2026-11-23T03:00:00Z"));
    }

    [Test]
    public async Task ObstacleThatTheBackendFinds_ComesFirst()
    {
        Obstruct(0, "there is no node");
        Backend.Report = DevicePlugin.Tests.TestGpus.Report(
            Gpu(0) with { Obstacle = "NVML says minor 0, the kernel 1" }, Gpu(1) with { Obstacle = "two GPUs have its UUID" });
        await using var stream = Watch(new HealthPolicy { Enabled = false });
        await stream.MoveNextAsync();

        Assert.That(
            stream.Current.Devices.Select(device => device.Obstacle),
            Is.EqualTo(["NVML says minor 0, the kernel 1", "two GPUs have its UUID"]));
    }

    [Test]
    public async Task Reserve_DeviceWithAnObstacle_IsRefusedEvenWhereUnhealthyOnesAreAllowed()
    {
        Obstruct(0, "there is no node");
        await using var stream = Watch(HealthPolicy.Default);
        await stream.MoveNextAsync();
        var reserver = new Reserver(Monitor);
        reserver.Configure(new ReservationPolicy { AllowUnhealthy = true });

        Assert.That(
            () => reserver.Reserve([Gpu(0).Uuid]),
            Throws.TypeOf<ReservationException>().With.Message.Contains("there is no node"));
        Assert.That(reserver.Reserve([Gpu(1).Uuid]).Environment, Is.Not.Empty);
    }

    [Test]
    public async Task Reserve_ObstacleSinceTheLastRefresh_IsRefusedAndAsksForARefresh()
    {
        await using var stream = Watch(HealthPolicy.Default);
        await stream.MoveNextAsync();
        var reserver = new Reserver(Monitor);
        reserver.Configure(new ReservationPolicy
        {
            Strategies = [new DeviceNodes()],
            AllowUnhealthy = true,
            ReadFiles = _ => new NodeFiles { Devices = [new DeviceFiles(Gpu(0).Uuid, []) { Problem = "the node has gone" }] },
        });
        Obstruct(0, "the node has gone");

        Assert.That(
            () => reserver.Reserve([Gpu(0).Uuid]),
            Throws.TypeOf<ReservationException>().With.Message.Contains("the node has gone"));

        // Without time passing: the refusal asked for it.
        Assert.That(await stream.MoveNextAsync());
        Assert.That(Usable(stream.Current), Is.EqualTo([false, true]));
    }

    [Test]
    public void Reserve_NoDevices_ReadsNoFile()
    {
        var reserver = new Reserver(Monitor);
        reserver.Configure(new ReservationPolicy
        {
            Strategies = [new DeviceNodes()], ReadFiles = _ => throw new InvalidOperationException("files were read"),
        });

        Assert.That(() => reserver.Reserve([]), Throws.Nothing);
    }

    private IAsyncEnumerator<Inventory> Watch(HealthPolicy policy)
    {
        Monitor.Configure(Settings(policy) with
        {
            FindObstacles = (_, _) => Task.FromResult<IReadOnlyDictionary<string, string>>(_obstacles),
        });
        return Monitor.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
    }

    private void Obstruct(int gpu, string text) => _obstacles = _obstacles.SetItem(Gpu(gpu).Uuid, text);

    private async Task NextAsync(IAsyncEnumerator<Inventory> stream)
    {
        var next = stream.MoveNextAsync().AsTask();
        await Time.AdvanceUntilAsync(next, Period);
    }
}

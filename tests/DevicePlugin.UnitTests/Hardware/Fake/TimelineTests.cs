using DevicePlugin.Gpu;
using DevicePlugin.UnitTests.Hardware.Scenarios;

namespace DevicePlugin.UnitTests.Hardware.Fake;

internal sealed class TimelineTests
{
    [Test]
    public async Task Xid_IsDeliveredAtItsTimeToEveryWatcher()
    {
        await using var node = NodeWith(
            """
            {"id": "x", "at": 5, "gpu": 1,
             "event": {"type": "xid", "data": 94, "gpu_instance": 3, "compute_instance": 0}}
            """);
        var (first, second) = (node.Watch(), node.Watch());

        node.Time.Advance(TimeSpan.FromSeconds(4.999));
        Assert.That(node.Logs.Named("ScenarioEntryDue"), Is.Empty);
        node.Time.Advance(TimeSpan.FromSeconds(0.001));

        var expected = new GpuEvent(GpuEventKind.Xid, ScenarioText.Gpu1, 94, 3, 0);
        Assert.That(await first(), Is.EqualTo(expected));
        Assert.That(await second(), Is.EqualTo(expected));
    }

    [Test]
    public async Task Event_NobodyWatches_IsKeptForTheNextWatcher()
    {
        await using var node = NodeWith("""{"id": "x", "at": 5, "gpu": "all", "event": {"type": "xid", "data": 79}}""");
        await node.EnumerateAsync();
        node.Time.Advance(TimeSpan.FromSeconds(6));

        var next = node.Watch();

        Assert.That((await next()).GpuUuid, Is.EqualTo(ScenarioText.Gpu0));
        Assert.That((await next()).GpuUuid, Is.EqualTo(ScenarioText.Gpu1));
    }

    [Test]
    public async Task GpuTakenAwayAndBroughtBack_ShiftsTheIndices()
    {
        await using var node = NodeWith(
            """
            {"id": "out", "at": 1, "gpu": 0, "set": {"present": false}},
            {"id": "in", "at": 2, "gpu": 0, "set": {"present": true}}
            """);
        var next = node.Watch();
        var gone = (await node.EnumerateAsync()).Devices[0];

        node.Time.Advance(TimeSpan.FromSeconds(1));
        var without = await node.EnumerateAsync();
        var reading = await node.Backend.ReadAsync(gone, CancellationToken.None);
        node.Time.Advance(TimeSpan.FromSeconds(1));
        var again = await node.EnumerateAsync();

        Assert.That(await next(), Is.EqualTo(new GpuEvent(GpuEventKind.Inventory, null)));
        Assert.Multiple(() =>
        {
            Assert.That(
                without.Devices.Select(device => (device.Uuid, device.Index)), Is.EqualTo([(ScenarioText.Gpu1, 0)]));
            Assert.That(reading, Is.EqualTo(GpuReadings.None));
            Assert.That(
                again.Devices.Select(device => device.Uuid),
                Is.EqualTo((string[])[ScenarioText.Gpu0, ScenarioText.Gpu1]));
        });
    }

    [Test]
    public async Task DriverUnloadedAndLoaded_ChangesTheReport()
    {
        await using var node = NodeWith(
            """
            {"id": "down", "at": 1, "driver": {"state": "not_loaded"}},
            {"id": "up", "at": 2, "driver": {"state": "loaded", "version": "590.1"}}
            """);
        await node.EnumerateAsync();

        node.Time.Advance(TimeSpan.FromSeconds(1));
        var down = await node.EnumerateAsync();
        node.Time.Advance(TimeSpan.FromSeconds(1));
        var up = await node.EnumerateAsync();

        Assert.Multiple(() =>
        {
            Assert.That(
                down.Driver,
                Is.EqualTo(new DriverStatus(DriverState.NotLoaded, "nvmlInit answered DRIVER_NOT_LOADED.")));
            Assert.That(up.Driver, Is.EqualTo(new DriverStatus(DriverState.Loaded) { Version = "590.1" }));
            Assert.That(up.Devices, Has.Length.EqualTo(2));
        });
    }

    [Test]
    public async Task MigTree_ChangesLive()
    {
        await using var node = NodeWith(
            """
            {"id": "mig", "at": 1, "gpu": 0, "set": {"mig": {"enabled": true, "max_instances": 7, "instances": [
              {"slot": 4, "gpu_instance": 9, "compute_instance": 0, "uuid": "MIG-b",
               "name": "NVIDIA Zero MIG 1g.5gb", "memory_total_mib": 4864},
              {"slot": 1, "gpu_instance": 2, "compute_instance": 0, "uuid": "MIG-a",
               "name": "NVIDIA Zero MIG 1c.3g.20gb", "memory_total_mib": 19968}]}}},
            {"id": "off", "at": 2, "gpu": 0, "set": {"mig": {"enabled": false, "instances": []}}}
            """);
        await node.EnumerateAsync();

        node.Time.Advance(TimeSpan.FromSeconds(1));
        var split = (await node.EnumerateAsync()).Devices;
        node.Time.Advance(TimeSpan.FromSeconds(1));
        var whole = (await node.EnumerateAsync()).Devices;

        Assert.Multiple(() =>
        {
            Assert.That(
                split.Select(device => device.Uuid),
                Is.EqualTo((string[])[ScenarioText.Gpu0, "MIG-a", "MIG-b", ScenarioText.Gpu1]));
            Assert.That(split[1].Mig!.Profile, Is.EqualTo("1c.3g.20gb"));
            Assert.That(
                whole.Select(device => device.Uuid), Is.EqualTo((string[])[ScenarioText.Gpu0, ScenarioText.Gpu1]));
        });
    }

    [Test]
    public async Task Patterns_MoveTheReadings()
    {
        await using var node = new FakeNode(ScenarioText.Source(ScenarioText.Of(
            "'memory': {'total_mib': 1000, 'used_mib': 0, 'free_mib': 1000}, 'utilization': {'gpu_percent': 0}",
            """
            "patterns": [
              {"gpu": 0, "value": "memory.used_mib", "shape": "steps", "steps": [100, 400], "period_seconds": 20},
              {"gpu": "all", "value": "utilization.gpu_percent", "shape": "triangle",
               "low": 0, "high": 100, "period_seconds": 20}]
            """)));

        var first = await node.ReadAsync();
        node.Time.Advance(TimeSpan.FromSeconds(10));
        var second = await node.ReadAsync();

        Assert.Multiple(async () =>
        {
            Assert.That(first.MemoryUsedMiB, Is.EqualTo(100));
            Assert.That(first.MemoryFreeMiB, Is.EqualTo(900));
            Assert.That(first.GpuUtilizationPercent, Is.Zero);
            Assert.That(second.MemoryUsedMiB, Is.EqualTo(400));
            Assert.That(second.MemoryFreeMiB, Is.EqualTo(600));
            Assert.That(second.GpuUtilizationPercent, Is.EqualTo(100));
            Assert.That((await node.ReadAsync(1)).GpuUtilizationPercent, Is.Null, "a pattern makes nothing supported");
        });
    }

    [Test]
    public async Task MigInstance_ReadsItsOwnMemoryAndItsParentsHeat()
    {
        await using var node = new FakeNode(ScenarioText.Source(ScenarioText.Of(
            """
            "thermal": {"gpu_c": 44}, "power": {"usage_watts": 80.5},
            "mig": {"enabled": true, "max_instances": 7, "instances": [
              {"slot": 0, "gpu_instance": 9, "compute_instance": 0, "uuid": "MIG-b", "name": "NVIDIA Zero MIG 1g.10gb",
               "memory_total_mib": 9984, "memory_used_mib": 10.5, "sm_percent": 12.5}]}
            """)));

        Assert.That(await node.ReadAsync(1), Is.EqualTo(new GpuReadings
        {
            MemoryTotalMiB = 9984,
            MemoryUsedMiB = 10,
            SmActivityPercent = 12.5,
            ParentTemperatureC = 44,
            ParentPowerUsageWatts = 80.5,
        }));
    }

    private static FakeNode NodeWith(string timeline) =>
        new(ScenarioText.Source(ScenarioText.Of(more: $"'timeline': [{timeline}]")));
}

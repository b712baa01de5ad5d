using DevicePlugin.Gpu;
using DevicePlugin.Tests;
using DevicePlugin.Watching;
using static DevicePlugin.UnitTests.Executable.Watching.WatchedNode;

namespace DevicePlugin.UnitTests.Executable.Watching;

internal sealed class WatchRowsTests
{
    [Test]
    public void Of_Replicas_AreOneRow()
    {
        var gpu = TestGpus.Gpu(0);
        var replicas = Enumerable.Range(0, 4).Select(n => (Device(gpu) with { Id = $"{gpu.Uuid}::{n}" }, Busy));

        var rows = SnapshotOf([.. replicas]).Rows;

        Assert.That(rows, Has.Length.EqualTo(1));
        Assert.That((rows[0].Name, rows[0].Id), Is.EqualTo(("0 H100 80GB HBM3 x4", gpu.Uuid)));
        Assert.That(rows[0].History, Has.Length.EqualTo(1), "one sample is one point");
    }

    [Test]
    public void Of_MigInstances_FollowTheLineOfTheirGpu()
    {
        var rows = Mixed().Rows;

        Assert.That(rows.Select(row => row.Kind).TakeLast(3), Is.EqualTo(
            [WatchRowKind.PartitionedGpu, WatchRowKind.MigInstance, WatchRowKind.MigInstance]));
        Assert.That(rows[3].Id, Is.EqualTo(TestGpus.Gpu(3).Uuid));
        Assert.That(rows[3].Readings.PowerUsageWatts, Is.EqualTo(231));
        Assert.That(rows.Select(row => row.Utilization).TakeLast(2), Is.EqualTo(new double?[] { 41.5, null }));
    }

    [Test]
    public void Of_TwoPartitionedGpus_EachHasItsLine()
    {
        var devices = new[] { 0, 1 }.Select(n => (Device(TestGpus.Instance(TestGpus.Gpu(n), 1)), GpuReadings.None));

        Assert.That(SnapshotOf([.. devices]).Rows.Select(row => row.Name), Is.EqualTo(
            ["0 H100 80GB HBM3", "1g.10gb 1/0", "1 H100 80GB HBM3", "1g.10gb 1/0"]));
    }

    [Test]
    public void Of_SamplesOfTwoMinutes_RememberOne()
    {
        var rows = new WatchRows();
        var last = Enumerable.Range(0, 121)
            .Select(second => rows.Of(Sample(Noon.AddSeconds(second), (Device(TestGpus.Gpu(0)), Busy))))
            .ToList()[^1];

        Assert.That(last[0].History[0].Time, Is.EqualTo(Noon.AddSeconds(60)));
        Assert.That(last[0].History[^1].Time, Is.EqualTo(Noon.AddSeconds(120)));
    }

    [Test]
    public void Of_GpuWasAway_StartsAnew()
    {
        var rows = new WatchRows();
        rows.Of(Sample(Noon, (Device(TestGpus.Gpu(0)), Busy)));
        rows.Of(Sample(Noon.AddSeconds(1)));

        var back = rows.Of(Sample(Noon.AddSeconds(2), (Device(TestGpus.Gpu(0)), Busy)));

        Assert.That(back[0].History, Has.Length.EqualTo(1));
    }
}

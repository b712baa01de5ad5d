using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Health;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HealthTrackerTests
{
    private static readonly DateTimeOffset Onset = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Onset);
    private HealthTracker _tracker = null!;

    [SetUp]
    public void SetUp() => _tracker = new HealthTracker(_time);

    [Test]
    public void Assess_NoFault_IsHealthy() =>
        Assert.That(_tracker.Assess(TestGpus.Gpu(0)), Is.EqualTo(DeviceHealth.Healthy));

    [Test]
    public void Assess_FaultWithChangingEvidence_KeepsTheTextOfItsOnset()
    {
        var first = _tracker.Assess(Faulty(DeviceFaultKind.UncorrectableEcc, "1 error"));
        _time.Advance(TimeSpan.FromMinutes(5));

        var later = _tracker.Assess(Faulty(DeviceFaultKind.UncorrectableEcc, "7 errors"));

        Assert.That(later, Is.EqualTo(first));
        Assert.That(later.Description, Is.EqualTo("uncorrectable ECC errors: 1 error (since 2026-11-23T03:00:00Z)"));
    }

    [Test]
    public void Assess_OtherFault_BeginsAnew()
    {
        _tracker.Assess(Faulty(DeviceFaultKind.ResetRequired, "field 230"));
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.That(_tracker.Assess(Faulty(DeviceFaultKind.Lost, "gone")).Since, Is.EqualTo(_time.GetUtcNow()));
    }

    [Test]
    public void Assess_FaultReturns_HasANewOnset()
    {
        _tracker.Assess(Faulty(DeviceFaultKind.Lost, "gone"));
        _tracker.Assess(TestGpus.Gpu(0));
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.That(_tracker.Assess(Faulty(DeviceFaultKind.Lost, "gone")).Since, Is.EqualTo(_time.GetUtcNow()));
    }

    [Test]
    public void Record_Xids_AreCountedForTheirGpu()
    {
        _tracker.Record(new GpuEvent(GpuEventKind.Xid, "GPU-1", 13));
        _tracker.Record(new GpuEvent(GpuEventKind.Xid, "GPU-1", 79));
        _tracker.Record(new GpuEvent(GpuEventKind.Inventory, "GPU-1"));

        Assert.That(_tracker.XidsOf("GPU-1"), Is.EqualTo(new XidRecord(2, 79)));
        Assert.That(_tracker.XidsOf("GPU-2"), Is.EqualTo(new XidRecord(0, null)));
    }

    private static GpuDevice Faulty(DeviceFaultKind kind, string evidence) =>
        TestGpus.Gpu(0) with { Fault = new DeviceFault(kind, evidence) };
}

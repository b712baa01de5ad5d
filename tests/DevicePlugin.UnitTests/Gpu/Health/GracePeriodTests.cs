using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>A fabric that is not ready is given five minutes after the driver was loaded.</summary>
internal sealed class GracePeriodTests : TrackerTests
{
    private static readonly TimeSpan Grace = FaultTable.Find(DeviceFaultKind.FabricNotReady).Grace;
    private static readonly DriverLoad SecondLoad = new("boot-1", "580.105.08 2");

    private bool IsFit => Tracker.Assess(Gpu).IsUsable;

    [Test]
    public void FabricNotReady_AgeUnknown_IsUnfitFiveMinutesAfterItWasSeen()
    {
        Observe(NotReady());
        Time.Advance(Grace - TimeSpan.FromSeconds(1));
        Observe(NotReady());
        Assert.That(IsFit, Is.True, "a second early");

        Time.Advance(TimeSpan.FromSeconds(1));
        Observe(NotReady());
        Assert.That(IsFit, Is.False);

        Observe(Gpu);
        Assert.That(IsFit, Is.True, "it got ready");
    }

    [Test]
    public void FabricNotReady_DriverLoadedLongAgo_IsUnfitAtOnce()
    {
        ObserveAt(FirstLoad, new DriverAge(Grace, TimeSpan.FromHours(1)));

        Assert.That(IsFit, Is.False);
    }

    [Test]
    public void FabricNotReady_ClockSetForwardDuringBoot_IsGivenTheTimeSinceBoot()
    {
        ObserveAt(FirstLoad, new DriverAge(TimeSpan.FromHours(9), TimeSpan.FromMinutes(1)));
        Assert.That(IsFit, Is.True);

        ObserveAt(FirstLoad, new DriverAge(TimeSpan.FromHours(9), Grace));
        Assert.That(IsFit, Is.False);
    }

    [Test]
    public void FabricNotReady_PluginRestarted_GetsNoMoreTime()
    {
        Observe(NotReady());
        Time.Advance(Grace - TimeSpan.FromMinutes(1));
        Restart();
        Observe(NotReady());
        Assert.That(IsFit, Is.True);

        Time.Advance(TimeSpan.FromMinutes(1));
        Restart();
        Observe(NotReady());
        Assert.That(IsFit, Is.False);

        Restart();
        Observe(NotReady());
        Assert.That(IsFit, Is.False, "nor is it forgotten");
    }

    [Test]
    public void FabricNotReady_DriverLoadedAgain_GetsTimeAgain()
    {
        Observe(NotReady());
        Time.Advance(Grace);
        ObserveAt(SecondLoad, default);
        Assert.That(IsFit, Is.True);

        Time.Advance(Grace);
        ObserveAt(SecondLoad, default);
        Assert.That(IsFit, Is.False);
    }

    [Test]
    public void FabricNotReady_GpuDoesNotAnswerMeanwhile_GetsNoMoreTime()
    {
        Observe(NotReady());
        Time.Advance(Grace);
        Observe(Faulty(DeviceFaultKind.Unresponsive));
        Observe(NotReady());

        Assert.That(Tracker.Assess(Gpu).Description, Does.Contain("NVLink fabric is not ready"));
    }

    private static GpuDevice NotReady() => Faulty(DeviceFaultKind.FabricNotReady, "in progress");

    private void ObserveAt(DriverLoad load, DriverAge age) =>
        Tracker.Observe(Report(load, NotReady()) with { Age = age }, Tracker.Begin());
}

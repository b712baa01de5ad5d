using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>What is told of a cause that is over, and held because it kept coming back.</summary>
internal sealed class HeldCauseTests : TrackerTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Test]
    public void Hold_GpuThatCameAndWent_SaysThatItAnswersAndUntilWhenItIsHeld()
    {
        FlapThreeTimes();
        Assert.That(Tracker.Assess(Gpu).Description, Is.EqualTo(
            "GPU is lost: seen; reboot the node. Since 2026-11-23T03:04:00Z"), "it is lost now");
        Assert.That(Tracker.Assess(Gpu).HeldUntil, Is.Null);

        Time.Advance(Minute);
        Observe(Gpu);
        var held = Tracker.Assess(Gpu);
        Assert.That(held.Description, Is.EqualTo(
            "GPU is lost: came and went 3 times within 10 min, answering again since 2026-11-23T03:05:00Z; "
            + "held until 2026-11-23T03:14:00Z. Since 2026-11-23T03:04:00Z"));
        Assert.That(held.HeldUntil, Is.EqualTo(Time.GetUtcNow() + (9 * Minute)));

        Time.Advance(Minute);
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(held), "a text that changes would make Nomad evaluate again");

        Time.Advance(8 * Minute);
        Observe(Gpu);
        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));
    }

    [Test]
    public void Hold_FaultThatReturns_IsToldAsTheFaultAgain()
    {
        FlapThreeTimes();
        Time.Advance(Minute);
        Observe(Gpu);

        Time.Advance(Minute);
        Observe(Faulty(DeviceFaultKind.Lost));

        Assert.That(Tracker.Assess(Gpu).Cause, Is.EqualTo("GPU is lost: seen"));
        Assert.That(Tracker.Assess(Gpu).HeldUntil, Is.Null);
    }

    [Test]
    public void Hold_FaultThatReturnsWhileItIsHeld_CountsEachTime([Values] bool isRestarted)
    {
        FlapThreeTimes();
        for (var i = 0; i < 2; i++)
        {
            Time.Advance(Minute);
            Observe(Gpu);
            Time.Advance(Minute);
            Observe(Faulty(DeviceFaultKind.Lost));
            if (isRestarted)
            {
                Restart();
                Observe(Faulty(DeviceFaultKind.Lost));
            }
        }

        Time.Advance(Minute);
        Observe(Gpu);

        Assert.That(Tracker.Assess(Gpu).Cause, Does.StartWith("GPU is lost: came and went 5 times, answering again since "));
    }

    [Test]
    public void Hold_OverARestart_KeepsItsText()
    {
        FlapThreeTimes();
        Time.Advance(Minute);
        Observe(Gpu);
        var held = Tracker.Assess(Gpu);

        Time.Advance(Minute);
        Restart();
        Observe(Gpu);

        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(held));
    }

    [Test]
    public void Hold_OfAnXid_NamesTheXid()
    {
        for (var i = 0; i < 3; i++)
        {
            Raise(119);
            Time.Advance(GpuHealth.Settle);
            Observe(Gpu);
        }

        Assert.That(Tracker.Assess(Gpu).Cause, Does.StartWith(
            "XID 119: GSP firmware did not answer: came and went 3 times within 10 min, over since "));
    }

    private void FlapThreeTimes()
    {
        for (var i = 0; i < 3; i++)
        {
            Observe(Faulty(DeviceFaultKind.Lost));
            if (i < 2)
            {
                Time.Advance(Minute);
                Observe(Gpu);
                Time.Advance(Minute);
            }
        }
    }
}

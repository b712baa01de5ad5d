using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>The counter of uncorrected errors and the XIDs behind it say the same.</summary>
internal sealed class ContainedErrorTests : TrackerTests
{
    private static readonly GpuDevice Counting =
        Faulty(DeviceFaultKind.UncorrectableEcc) with { RecoveryNeeded = null };

    [Test]
    public void Counter_OfErrorsThatNoXidExplains_IsACause()
    {
        Observe(Counting);

        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith("uncorrectable ECC errors"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Counter_OfErrorsThatWereContained_IsNone(bool isCountedFirst)
    {
        if (isCountedFirst)
        {
            Observe(Counting);
        }

        Raise(94);
        Observe(Counting);

        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));
    }

    [Test]
    public void Counter_OfContainedErrors_IsNoneAfterARestartUnderTheSameDriver()
    {
        Raise(94);
        Restart();

        Observe(Counting);

        Assert.That(Tracker.Assess(Gpu), Is.EqualTo(DeviceHealth.Healthy));
    }

    [Test]
    public void Counter_UnderALaterLoadOfTheDriver_CountsOtherErrors()
    {
        Raise(94);
        Observe(Counting);

        Observe(FirstLoad with { Module = "580.105.08 2" }, Counting);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.False);
    }

    [TestCase(48)]
    [TestCase(95)]
    [TestCase(140)]
    public void Xid_ThatIsGraverThanAContainedError_CountsAllTheSame(long xid)
    {
        Raise(94);
        Raise(xid);
        Observe(Counting);

        Assert.That(Tracker.Assess(Gpu).Description, Does.StartWith($"XID {xid}"));
    }

    [TestCase(48, true)]
    [TestCase(94, false)]
    [TestCase(95, false)]
    public void IgnoredXids_SilenceTheCounterByTheXidItStandsFor(int xid, bool isSilent)
    {
        Tracker.Configure(new HealthPolicy { Xids = new XidTable([xid], []) });

        Observe(Counting);

        Assert.That(Tracker.Assess(Gpu).IsUsable, Is.EqualTo(isSilent));
    }
}

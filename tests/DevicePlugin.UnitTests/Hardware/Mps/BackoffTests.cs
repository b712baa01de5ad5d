using DevicePlugin.Hardware.Mps;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Mps;

internal sealed class BackoffTests
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider _time = new();

    [Test]
    public void Fail_AgainAndAgain_DoublesUpToTheLongestAndStaysThere()
    {
        var backoff = Create();

        var waits = Enumerable.Range(0, 200).Select(_ => backoff.Fail().TotalSeconds).ToList();

        Assert.That(waits.Take(7), Is.EqualTo(new[] { 1, 2, 4, 8, 16, 32, 60 }));
        Assert.That(waits.Skip(7), Is.All.EqualTo(60));
    }

    [TestCase(0, 4)]
    [TestCase(1, 1)]
    public void Fail_AfterAQuietTime_BeginsAgain(int ticksOver, double seconds)
    {
        var backoff = Create();
        backoff.Fail();
        backoff.Fail();

        _time.Advance(ForgetAfter + TimeSpan.FromTicks(ticksOver));

        Assert.That(backoff.Fail().TotalSeconds, Is.EqualTo(seconds));
    }

    [Test]
    public void Left_CountsDownToTheNextTry()
    {
        var backoff = Create();
        backoff.Fail();
        backoff.Fail();

        Assert.That((backoff.Left, backoff.IsOver), Is.EqualTo((TimeSpan.FromSeconds(2), false)));
        _time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.That((backoff.Left, backoff.IsOver), Is.EqualTo((TimeSpan.FromSeconds(0.5), false)));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.That((backoff.Left, backoff.IsOver), Is.EqualTo((TimeSpan.Zero, true)));
    }

    private Backoff Create() => new(First, Longest, ForgetAfter, _time);
}

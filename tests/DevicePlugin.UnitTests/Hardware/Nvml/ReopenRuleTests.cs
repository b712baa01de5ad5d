using DevicePlugin.Hardware.Nvml;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ReopenRuleTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ReopenRule _rule;

    public ReopenRuleTests() => _rule = new ReopenRule("/sys", _time);

    [Test]
    public void AGpuThatStaysAway_IsLookedForWithGrowingPausesUpToTenMinutes()
    {
        var pauses = new List<double>();
        var last = _time.GetUtcNow();
        for (var refresh = 0; refresh < 60 * 60; refresh++)
        {
            if (_rule.IsDue("a b", isMissing: true))
            {
                pauses.Add((_time.GetUtcNow() - last).TotalSeconds);
                last = _time.GetUtcNow();
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.That(pauses, Is.EqualTo(new double[] { 30, 60, 120, 240, 480, 600, 600, 600, 600 }));
    }

    [Test]
    public void AChangeOfTheLists_IsLookedAtAtOnce_WhereNvmlSaysOtherwise()
    {
        Assert.That(_rule.IsDue("a b", isMissing: false), Is.False);
        Assert.That(_rule.IsDue("a b c", isMissing: true), Is.True);
        Assert.That(_rule.IsDue("a b c", isMissing: true), Is.False, "it did not help: the pauses follow");
        Assert.That(_rule.IsDue("a b", isMissing: false), Is.False, "NVML has seen it");
    }

    [Test]
    public void AChange_DuringALongPause_EndsIt()
    {
        for (var hour = 0; hour < 10; hour++)
        {
            _rule.IsDue("a", isMissing: true);
            _time.Advance(TimeSpan.FromHours(1));
        }

        _rule.IsDue("a", isMissing: true);
        Assert.That(_rule.IsDue("a b", isMissing: true), Is.True);
        _time.Advance(ReopenRule.FirstPause);
        Assert.That(_rule.IsDue("a b", isMissing: true), Is.True, "and they begin with the shortest");
    }
}

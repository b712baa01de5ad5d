using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>The bounds of the window and of the holds, to the tick.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class FlapDamperTests
{
    private static readonly CauseKey Lost = CauseKey.Of(DeviceFaultKind.Lost);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly FlapDamper _damper = new();

    [Test]
    public void Begin_ThirdOnsetAtTheEndOfTheWindow_IsHeld()
    {
        _damper.Begin(Lost, At(0));
        _damper.Begin(Lost, At(5));

        Assert.That(_damper.Begin(Lost, At(10)), Is.EqualTo(TimeSpan.FromMinutes(10)));
    }

    [Test]
    public void Begin_ThirdOnsetAfterTheWindow_IsNotHeld()
    {
        _damper.Begin(Lost, At(0));
        _damper.Begin(Lost, At(5));

        Assert.That(_damper.Begin(Lost, At(10, Tick)), Is.Null);
    }

    [Test]
    public void Begin_ReturnAtTheEndOfTheWindowAfterAHold_IsHeldTwiceAsLong()
    {
        Flap(3);
        _damper.Clear(Lost, At(30));

        Assert.That(_damper.Begin(Lost, At(40)), Is.EqualTo(TimeSpan.FromMinutes(20)));
    }

    [Test]
    public void Begin_ReturnAfterTheWindowAfterAHold_CountsFromZero()
    {
        Flap(3);
        _damper.Clear(Lost, At(30));

        Assert.That(_damper.Begin(Lost, At(40, Tick)), Is.Null);
    }

    [Test]
    public void Begin_OneReturnAfterTheOther_IsHeldUpToAnHour()
    {
        var holds = Enumerable.Range(0, 9).Select(minute => _damper.Begin(Lost, At(minute))?.TotalMinutes);

        Assert.That(holds, Is.EqualTo(new double?[] { null, null, 10, 20, 40, 60, 60, 60, 60 }));
    }

    [Test]
    public void Begin_AnotherCause_ForgetsOnlyWhatIsOlderThanTheLongestHoldAndTheWindow()
    {
        Flap(4);
        Assert.That(_damper.OnsetsOf(Lost), Is.EqualTo(4));

        _damper.Begin(CauseKey.Of(79, null), At(3 + 70));
        Assert.That(_damper.OnsetsOf(Lost), Is.EqualTo(4));

        _damper.Begin(CauseKey.Of(94, null), At(3 + 70, Tick));
        Assert.That(_damper.OnsetsOf(Lost), Is.EqualTo(3), "as of a cause that was never seen before");
    }

    private static Moment At(int minutes, TimeSpan more = default) =>
        new(DateTimeOffset.UnixEpoch.AddMinutes(minutes) + more, TimeSpan.FromMinutes(minutes) + more);

    private void Flap(int times)
    {
        for (var minute = 0; minute < times; minute++)
        {
            _damper.Begin(Lost, At(minute));
        }
    }
}

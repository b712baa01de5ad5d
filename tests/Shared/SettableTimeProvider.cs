namespace DevicePlugin.Tests;

/// <summary>A clock that can be set, as an operator or NTP does: time itself goes on as before.</summary>
internal sealed class SettableTimeProvider : TimeProvider
{
    private DateTimeOffset _date = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);

    public TimeSpan Uptime { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Uptime.Ticks;

    public override DateTimeOffset GetUtcNow() => _date;

    public void Pass(TimeSpan time)
    {
        _date += time;
        Uptime += time;
    }

    public void SetClock(int seconds) => _date = _date.AddSeconds(seconds);
}

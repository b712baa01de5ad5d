namespace DevicePlugin.Hardware.Mps;

/// <summary>Grows with each failure, and forgets them after a time without one.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, TimeSpan forgetAfter, TimeProvider timeProvider)
{
    private DateTimeOffset _last;
    private int _failures;

    /// <summary>When the next try may be; in the past when nothing failed.</summary>
    public DateTimeOffset Next { get; private set; }

    public bool IsOver => timeProvider.GetUtcNow() >= Next;

    public TimeSpan Fail()
    {
        var now = timeProvider.GetUtcNow();
        _failures = now - _last > forgetAfter ? 0 : _failures;
        var wait = TimeSpan.FromTicks(Math.Min(longest.Ticks, first.Ticks << Math.Min(_failures, 20)));
        _failures++;
        _last = now;
        Next = now + wait;
        return wait;
    }
}

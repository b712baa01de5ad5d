namespace DevicePlugin.Hardware.Mps;

/// <summary>Grows with each failure, and forgets them after a time without one.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, TimeSpan forgetAfter, TimeProvider timeProvider)
{
    private long _last;
    private TimeSpan _wait;
    private int _failures;

    /// <summary>How long it is to the next try; zero when nothing failed.</summary>
    public TimeSpan Left => timeProvider.GetElapsedTime(_last) is var since && since < _wait ? _wait - since : TimeSpan.Zero;

    public bool IsOver => Left == TimeSpan.Zero;

    public TimeSpan Fail()
    {
        _failures = timeProvider.GetElapsedTime(_last) > forgetAfter ? 0 : _failures;
        _wait = TimeSpan.FromTicks(Math.Min(longest.Ticks, first.Ticks << Math.Min(_failures, 20)));
        _failures++;
        _last = timeProvider.GetTimestamp();
        return _wait;
    }
}

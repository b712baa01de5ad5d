namespace DevicePlugin.Gpu.Health;

/// <summary>
/// A point in time, twice: as a date for people, and as the tracker's uptime for durations. Setting the clock must neither
/// keep a cause nor clear it.
/// </summary>
internal readonly record struct Moment(DateTimeOffset Time, TimeSpan Uptime)
{
    public TimeSpan Since(Moment earlier) => Uptime - earlier.Uptime;

    /// <summary>
    /// A date that an earlier process kept. A date in the future was written before the clock was set back; how long ago that
    /// was is unknown, so it counts as now.
    /// </summary>
    public static Moment Restore(DateTimeOffset time, Moment now) =>
        new(time, now.Uptime - (now.Time > time ? now.Time - time : TimeSpan.Zero));
}

namespace DevicePlugin.Gpu.Health;

/// <summary>A date beside the clock of the boot, which nobody sets: two of them tell how far the date was set in between.</summary>
/// <param name="BootId">The kernel's id of the boot.</param>
/// <param name="Uptime">Since the boot, suspension included.</param>
/// <param name="At">The date at that moment.</param>
public sealed record BootMoment(string BootId, TimeSpan Uptime, DateTimeOffset At)
{
    // The two are read one after the other, and a clock that is kept in step by NTP is slewed.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(10);

    /// <summary>By how much the date was set since then; zero where that is not known.</summary>
    public TimeSpan SetSince(BootMoment? earlier)
    {
        if (earlier is null || earlier.BootId != BootId)
        {
            return TimeSpan.Zero;
        }

        var set = At - earlier.At - (Uptime - earlier.Uptime);
        return set.Duration() > Tolerance ? set : TimeSpan.Zero;
    }
}

namespace DevicePlugin.Gpu.Health;

/// <summary>
/// Why a GPU or an instance is unfit. The text is that of the onset; what clears it counts from its last occurrence.
/// </summary>
/// <param name="key">What makes it the same cause when it is seen again.</param>
/// <param name="what">The cause and its evidence.</param>
/// <param name="advice">What to do about it.</param>
/// <param name="recovery">What takes it away.</param>
/// <param name="since">Its onset.</param>
/// <param name="last">Its last occurrence.</param>
internal sealed class ActiveCause(
    CauseKey key, string what, string advice, RecoveryRule recovery, DateTimeOffset since, Occurrence last)
{
    public CauseKey Key => key;

    public string What => what;

    public string Advice => advice;

    public RecoveryRule Recovery => recovery;

    public DateTimeOffset Since => since;

    public Occurrence Last { get; private set; } = last;

    /// <summary>How often it occurred since its onset. A fault occurs when it appears, not with each reading of it.</summary>
    public long Occurrences { get; set; } = 1;

    /// <summary>How long a cause that keeps coming back stays after its last occurrence; null when it need not.</summary>
    public TimeSpan? Hold { get; init; }

    /// <summary>Of a fault: whether the last enumeration that could tell still showed it.</summary>
    public bool IsPresent { get; set; } = true;

    public void Repeat(Occurrence again, long times = 1)
    {
        Occurrences += times;

        // The kernel log may tell of an older one than was known.
        Last = again.At.Since(Last.At) < TimeSpan.Zero ? again with { At = Last.At } : again;
    }

    /// <summary>A fault that lasts is still there under this load, as far as this enumeration.</summary>
    public void Continue(DriverLoad? load, long order) => Last = Last with { Order = order, Load = load ?? Last.Load };

    public void RunsUnder(DriverLoad? load, long order) => Last = Last.Under(load, order);

    public bool IsHeld(Moment now) => Hold is { } hold && now.Since(Last.At) < hold;
}

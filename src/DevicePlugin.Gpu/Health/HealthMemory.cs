using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Health;

/// <summary>What outlives the process: Nomad starts a new plugin process each time its agent restarts.</summary>
public sealed record HealthMemory(ImmutableArray<RememberedCause> Causes)
{
    public static readonly HealthMemory Empty = new([]);

    public ImmutableArray<RememberedFlap> Flaps { get; init; } = [];

    public ImmutableArray<RememberedGrace> Graces { get; init; } = [];

    public ImmutableArray<RememberedContainment> Contained { get; init; } = [];

    public ImmutableArray<RememberedClear> Clears { get; init; } = [];

    /// <summary>
    /// The last line of the kernel log that was judged: lines up to it do not raise a cause again. Null: none was.
    /// </summary>
    public KernelLogPosition? JudgedLine { get; init; }

    /// <summary>When it was kept, which makes no difference to what it is; null where the kernel's clock is not known.</summary>
    public BootMoment? Saved { get; init; }

    /// <summary>The same by a clock that was set since.</summary>
    public HealthMemory Shift(TimeSpan by) => by == TimeSpan.Zero ? this : this with
    {
        Causes =
        [
            .. Causes.Select(cause => cause with
            {
                Since = Move(cause.Since, by), LastSeen = Move(cause.LastSeen, by), HeldUntil = Move(cause.HeldUntil, by),
                OverSince = Move(cause.OverSince, by),
            }),
        ],
        Flaps =
        [
            .. Flaps.Select(flap => flap with { Onsets = [.. flap.Onsets.Select(onset => Move(onset, by))], Cleared = Move(flap.Cleared, by) }),
        ],
        Graces = [.. Graces.Select(grace => grace with { Since = Move(grace.Since, by) })],
    };

    public bool IsEmpty => Causes.IsEmpty && Flaps.IsEmpty && Graces.IsEmpty && Contained.IsEmpty && Clears.IsEmpty && JudgedLine is null;

    private static DateTimeOffset? Move(DateTimeOffset? time, TimeSpan by) => time is { } date ? Move(date, by) : null;

    // A file may have a date at either end of the calendar, beyond which there is none.
    private static DateTimeOffset Move(DateTimeOffset time, TimeSpan by) => new(
        Math.Clamp(time.UtcTicks + by.Ticks, DateTimeOffset.MinValue.UtcTicks, DateTimeOffset.MaxValue.UtcTicks), TimeSpan.Zero);

    public bool Equals(HealthMemory? other) => other is not null
        && Causes.AsSpan().SequenceEqual(other.Causes.AsSpan())
        && Flaps.AsSpan().SequenceEqual(other.Flaps.AsSpan())
        && Graces.AsSpan().SequenceEqual(other.Graces.AsSpan())
        && Contained.AsSpan().SequenceEqual(other.Contained.AsSpan())
        && Clears.AsSpan().SequenceEqual(other.Clears.AsSpan())
        && JudgedLine == other.JudgedLine;

    public override int GetHashCode() => HashCode.Combine(Causes.Length, Flaps.Length, JudgedLine);
}

/// <summary>A GPU whose uncorrected memory errors were contained, as an XID said.</summary>
/// <param name="Gpu">UUID of the physical GPU.</param>
/// <param name="Load">The load of the driver that counts them; null when it was not known.</param>
public sealed record RememberedContainment(string Gpu, DriverLoad? Load);

/// <summary>
/// That an operator cleared a GPU's causes while no plugin ran: what the kernel log had by then raises none. A plugin that
/// runs has judged these lines already. No date, since the lines are dated by a clock that drifts, and the node's own is set.
/// </summary>
/// <param name="Gpu">UUID of the physical GPU.</param>
/// <param name="Line">The last line that the log had.</param>
public sealed record RememberedClear(string Gpu, KernelLogPosition Line)
{
    public bool Covers(KernelLogPosition? line) =>
        line is not null && line.BootId == Line.BootId && line.Sequence <= Line.Sequence;
}

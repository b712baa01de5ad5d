namespace DevicePlugin.Doctor;

/// <summary>How this program, started as Nomad would start it, answered each call.</summary>
/// <param name="Steps">The calls that were answered, in order.</param>
/// <param name="Error">What ended the trip early, with the call that it ended at; null when nothing did.</param>
/// <param name="Elapsed">By a clock that nobody sets.</param>
/// <param name="WallClock">The same by the clock of the day.</param>
internal sealed record RoundTrip(IReadOnlyList<string> Steps, string? Error, TimeSpan Elapsed, TimeSpan WallClock)
{
    public static readonly RoundTrip None = new([], "it was not tried", TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>The age of the oldest statistics in the sample that came, when it came; null when none did.</summary>
    public TimeSpan? SampleAge { get; init; }

    /// <summary>The healthy devices without values in the sample.</summary>
    public IReadOnlyList<string> Silent { get; init; } = [];
}

using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Health;

/// <summary>
/// Whether a device may get new tasks. Fixed while a cause lasts: Nomad compares the text, and a text that changes would
/// make it evaluate the node's jobs again.
/// </summary>
/// <param name="State">All but unhealthy devices are offered to Nomad.</param>
/// <param name="Cause">What is wrong and what showed it; empty when nothing is.</param>
/// <param name="Since">When the cause was first seen; null when healthy.</param>
public sealed record DeviceHealth(HealthState State, string Cause = "", DateTimeOffset? Since = null)
{
    public static readonly DeviceHealth Healthy = new(HealthState.Healthy);

    /// <summary>What to do about the cause; empty when that is not known.</summary>
    public string Advice { get; init; } = "";

    /// <summary>Further causes, described as the first one; empty when there are none.</summary>
    public string Others { get; init; } = "";

    /// <summary>Until when the first cause is held although it is over, because it kept coming back; null when it is not.</summary>
    public DateTimeOffset? HeldUntil { get; init; }

    /// <summary>What programs call the first cause; empty when nothing is wrong.</summary>
    public string Word { get; init; } = "";

    /// <summary>Every cause as it is described, those that <see cref="Description"/> has no room for too.</summary>
    public ImmutableArray<string> Causes => [.. Told.Select(cause => cause.Text)];

    /// <summary>Every cause as programs are told of it, in the order of <see cref="Causes"/>.</summary>
    public ImmutableArray<CauseLabel> Labels =>
    [
        .. Told.Select(cause => cause.Label).Append(new CauseLabel(UntoldWord)).Where(label => label.Word.Length > 0).Distinct(),
    ];

    /// <summary>One more thing that is wrong, of which only programs are told: the text does not change for it.</summary>
    public string UntoldWord { get; init; } = "";

    /// <summary>The same with what makes a cause the same one, however it is described.</summary>
    internal ImmutableArray<(string Key, string Told)> ByKey => [.. Told.Select(cause => (cause.Key, cause.Text))];

    private ToldCauses Several { get; init; }

    private ImmutableArray<ToldCause> Told => !Several.IsEmpty ? Several.All
        : State == HealthState.Healthy ? []
        : [new ToldCause(Cause, Description, new CauseLabel(Word) { IsWithheld = !IsUsable })];

    public bool IsUsable => State != HealthState.Unhealthy;

    /// <summary>Nomad's health_description, one line: each cause with what to do and its onset, or empty.</summary>
    public string Description
    {
        get
        {
            var first = Advice.Length > 0 ? $"{Cause}; {Advice}" : Cause;
            if (State == HealthState.Reported)
            {
                first = $"not withheld: {first}";
            }

            if (Since is { } since)
            {
                first += $". Since {UtcText.Of(since)}";
            }

            return Others.Length > 0 ? $"{first}. {Others}" : first;
        }
    }

    /// <summary>
    /// Of causes in the order in which they are told, those that are withheld first. More than three are not told: the line is
    /// read in a table.
    /// </summary>
    internal static DeviceHealth Of(IReadOnlyList<JudgedCause> causes)
    {
        const int Told = 3;
        return causes.Count == 0
            ? Healthy
            : Of(causes[0]) with
            {
                Others = string.Join(". ", causes.Take(Told).Skip(1).Select(cause => Of(cause).Description)),
                Several = new ToldCauses([.. causes.Select(cause => new ToldCause($"{cause.Cause.Key}", Of(cause).Description, cause.Label))]),
            };
    }

    /// <summary>With one more thing that is wrong. What keeps tasks off the device is told first.</summary>
    internal DeviceHealth And(DeviceHealth other) => State switch
    {
        HealthState.Unhealthy => Append(other),
        HealthState.Reported => other.IsUsable ? Append(other) : other.Append(this),
        _ => other,
    };

    private DeviceHealth Append(DeviceHealth other) => this with
    {
        Others = Others.Length > 0 ? $"{Others}. {other.Description}" : other.Description,
        Several = new ToldCauses(Told.AddRange(other.Told)),
    };

    private static DeviceHealth Of(JudgedCause judged) => Of(
        judged.Cause, judged.IsWithheld ? HealthState.Unhealthy : HealthState.Reported);

    private static DeviceHealth Of(ActiveCause cause, HealthState state) => new(state, cause.Told, cause.Since)
    {
        Advice = cause.OverSince is null ? cause.Advice : "",
        HeldUntil = cause.OverSince is null ? null : cause.Last.At.Time + cause.Hold,
        Word = cause.Word,
    };
}

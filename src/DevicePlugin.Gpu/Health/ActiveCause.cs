using System.Globalization;

namespace DevicePlugin.Gpu.Health;

/// <summary>
/// Why a GPU or an instance is unfit. The text is that of the onset, unless it names a condition that changes; what clears it counts from its last occurrence.
/// </summary>
/// <param name="key">What makes it the same cause when it is seen again.</param>
/// <param name="what">The cause and its evidence.</param>
/// <param name="advice">What to do about it.</param>
/// <param name="recovery">What clears it.</param>
/// <param name="since">Its onset.</param>
/// <param name="last">Its last occurrence.</param>
internal sealed class ActiveCause(
    CauseKey key, string what, string advice, RecoveryRule recovery, DateTimeOffset since, Occurrence last)
{
    /// <summary>A condition that keeps changing must not make Nomad evaluate the node's jobs each time.</summary>
    public static readonly TimeSpan TurnPause = TimeSpan.FromMinutes(1);

    private Moment? _turned;

    public CauseKey Key => key;

    public string What { get; private set; } = what;

    public string Advice { get; private set; } = advice;

    public RecoveryRule Recovery => recovery;

    public DateTimeOffset Since => since;

    public Occurrence Last { get; private set; } = last;

    /// <summary>How often it occurred since its onset. A fault occurs when it appears, not with each reading of it.</summary>
    public long Occurrences { get; set; } = 1;

    /// <summary>How long a cause that keeps coming back is held after its last occurrence; null when it is not held.</summary>
    public TimeSpan? Hold { get; init; }

    /// <summary>Of a fault: whether the last enumeration that could tell still showed it.</summary>
    public bool IsPresent { get; set; } = true;

    /// <summary>Since when it would be over without the hold; null while it lasts.</summary>
    public DateTimeOffset? OverSince { get; set; }

    /// <summary>Whether an operator declared the GPU reset since its last occurrence: the driver need not say so then.</summary>
    public bool IsDeclaredReset { get; set; }

    /// <summary>
    /// Whether the GPU has answered at another PCI address since its last occurrence: the kernel has removed the GPU and probed
    /// it again, so the driver has initialized it again.
    /// </summary>
    public bool IsOfFormerAddress { get; set; }

    /// <summary>How often it began, returns while it was held among them; 0 before it was over for the first time.</summary>
    public int Onsets { get; set; }

    /// <summary>For machines: what it is, or that it is only held.</summary>
    public string Word => OverSince is not null ? CauseWord.Held : CauseWord.Of(Key);

    /// <summary>Whether the GPU cannot be reached at all now: it is gone, whatever the configuration says.</summary>
    public bool IsOfAbsentGpu => Key.Fault == DeviceFaultKind.Lost && IsPresent;

    /// <summary>The current text: that of the onset while it lasts, that of the hold afterwards.</summary>
    public string Told => OverSince is { } since ? HoldText(since) : What;

    public void Repeat(Occurrence again, long times = 1)
    {
        Occurrences += times;
        Onsets += OverSince is null ? 0 : 1;
        OverSince = null;
        IsDeclaredReset = false;
        IsOfFormerAddress = false;

        // The kernel log may report an older one than was known.
        Last = again.At.Since(Last.At) < TimeSpan.Zero ? again with { At = Last.At } : again;
    }

    /// <summary>A fault that lasts is still there under this load, as far as this enumeration.</summary>
    public void Continue(DriverLoad? load, long order) => Last = Last with { Order = order, Load = load ?? Last.Load };

    /// <summary>The condition that it names became another one.</summary>
    public void Turn(string newWhat, string newAdvice, Moment now)
    {
        if ((newWhat, newAdvice) != (What, Advice) && !(_turned is { } last && now.Since(last) < TurnPause))
        {
            (What, Advice, _turned) = (newWhat, newAdvice, now);
        }
    }

    /// <param name="isCertain">False when the GPU did not answer: then it may be over as before.</param>
    public void Stands(bool isCertain)
    {
        if (isCertain)
        {
            OverSince = null;
        }
    }

    public void WaitForHold(DateTimeOffset now, int onsets)
    {
        OverSince ??= now;

        // Returns while it is held do not begin it again.
        Onsets = Math.Max(Onsets, onsets);
    }

    public void RunsUnder(DriverLoad? load, long order) => Last = Last.Under(load, order);

    public bool IsHeld(Moment now) => Hold is { } hold && now.Since(Last.At) < hold;

    private string HoldText(DateTimeOffset since)
    {
        var fault = Key.Fault is { } kind ? FaultTable.Find(kind) : null;
        var times = Onsets <= FlapDamper.OnsetsInWindow
            ? $"{FlapDamper.OnsetsInWindow} times within {FlapDamper.Window.TotalMinutes:0} min"
            : $"{Onsets.ToString(CultureInfo.InvariantCulture)} times";
        var isBack = fault is { HidesOthers: true } ? "answering again" : "over";
        return $"{fault?.Words ?? What}: came and went {times}, {isBack} since {UtcText.Of(since)}; "
            + $"held until {UtcText.Of(Last.At.Time + (Hold ?? TimeSpan.Zero))}";
    }
}

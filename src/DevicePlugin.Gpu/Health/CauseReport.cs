namespace DevicePlugin.Gpu.Health;

/// <summary>One cause as operators and programs are told of it.</summary>
/// <param name="Word">Stable, for programs.</param>
/// <param name="Text">For people, as it is true now.</param>
/// <param name="Advice">What to do about it; empty when there is nothing to do.</param>
/// <param name="Since">Its onset.</param>
/// <param name="LastSeen">Its last occurrence.</param>
/// <param name="Occurrences">How often it occurred since its onset.</param>
public sealed record CauseReport(
    string Word, string Text, string Advice, DateTimeOffset Since, DateTimeOffset LastSeen, long Occurrences)
{
    /// <summary>Null for a cause that is not an XID.</summary>
    public long? Xid { get; init; }

    /// <summary>UUID of the MIG instance that alone is concerned; null when the whole GPU is.</summary>
    public string? Instance { get; init; }

    /// <summary>Whether it keeps tasks off the device; false where the configuration says to report it only.</summary>
    public bool IsWithheld { get; init; } = true;

    /// <summary>Until when it is held although it is over; null when it is not.</summary>
    public DateTimeOffset? HeldUntil { get; init; }

    internal static CauseReport Of(ActiveCause cause) => new(
        cause.Word, cause.Told, cause.OverSince is null ? cause.Advice : "", cause.Since, cause.Last.At.Time, cause.Occurrences)
    {
        Xid = cause.Key.Xid,
        Instance = cause.Key.InstanceUuid,
        HeldUntil = cause.OverSince is null ? null : cause.Last.At.Time + cause.Hold,
    };

    /// <summary>Of a record that no plugin has taken up yet.</summary>
    public static CauseReport Of(RememberedCause cause) => new(
        cause.OverSince is not null ? CauseWord.Held : CauseWord.Of(new CauseKey(cause.Fault, cause.Xid, cause.Instance)),
        cause.What, cause.Advice ?? "", cause.Since, cause.LastSeen, cause.Occurrences)
    {
        Xid = cause.Xid,
        Instance = cause.Instance,
        HeldUntil = cause.OverSince is null ? null : cause.HeldUntil,
    };
}

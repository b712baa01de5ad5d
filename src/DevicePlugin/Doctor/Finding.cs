namespace DevicePlugin.Doctor;

/// <summary>What a check found.</summary>
/// <param name="Status">How grave it is.</param>
/// <param name="Seen">What was seen, one line that begins in lower case.</param>
/// <param name="Advice">What to do, a sentence; empty when there is nothing to do.</param>
internal sealed record Finding(CheckStatus Status, string Seen, string Advice)
{
    public static Finding Pass(string seen) => new(CheckStatus.Pass, seen, "");

    public static Finding Warn(string seen, string advice) => new(CheckStatus.Warn, seen, advice);

    public static Finding Fail(string seen, string advice) => new(CheckStatus.Fail, seen, advice);
}

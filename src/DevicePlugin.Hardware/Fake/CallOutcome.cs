namespace DevicePlugin.Hardware.Fake;

/// <summary>What becomes of a call: a null code is its usual answer, a call that hangs never returns.</summary>
internal sealed record CallOutcome(string? Code, bool Hangs, TimeSpan Delay)
{
    public static readonly CallOutcome Usual = new(null, false, TimeSpan.Zero);
}

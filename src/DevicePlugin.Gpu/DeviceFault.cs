namespace DevicePlugin.Gpu;

/// <summary>Why the backend could not vouch for a device in an enumeration.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Evidence">What was seen, with the call or the counter that showed it; has no counts, which would move while the fault lasts.</param>
public sealed record DeviceFault(DeviceFaultKind Kind, string Evidence)
{
    /// <summary>What to do about it, where the evidence decides that; null: the same for every fault of the kind.</summary>
    public string? Advice { get; init; }
}

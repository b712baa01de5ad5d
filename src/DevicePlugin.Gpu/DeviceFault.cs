namespace DevicePlugin.Gpu;

/// <summary>Why the backend could not vouch for a device in an enumeration.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Evidence">What was seen, with the call or the counter that showed it; stable while the fault lasts.</param>
public sealed record DeviceFault(DeviceFaultKind Kind, string Evidence);

namespace DevicePlugin.Hardware.Nvml;

/// <summary>One place where NVML was looked for.</summary>
/// <param name="Candidate">A path, or a bare name for the system's own search.</param>
/// <param name="Failure">Why it was not used; null for the one that was.</param>
/// <param name="IsAbsent">There is nothing at that place, which for all but one of them is as it should be.</param>
public sealed record LibraryAttempt(string Candidate, string? Failure, bool IsAbsent = false);

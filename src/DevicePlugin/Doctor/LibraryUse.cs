using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Doctor;

/// <summary>How NVML was found.</summary>
/// <param name="Attempts">The places that were tried, in order.</param>
/// <param name="MissingFunctions">Null while no library is in use.</param>
/// <param name="Version">Of the library itself, for example <c>13.580.105.08</c>.</param>
internal sealed record LibraryUse(
    IReadOnlyList<LibraryAttempt> Attempts, IReadOnlyList<string>? MissingFunctions, string? Version)
{
    public static readonly LibraryUse None = new([], null, null);
}

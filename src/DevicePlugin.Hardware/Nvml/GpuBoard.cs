using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>What is read once of a GPU for as long as it stays reachable under one driver load.</summary>
/// <param name="Facts">Without what a refresh reads again.</param>
internal sealed record GpuBoard(GpuFacts Facts)
{
    /// <summary>Found when the facts were read; kept with them because nothing but a repair changes it.</summary>
    public bool? InforomCorrupt { get; init; }
}

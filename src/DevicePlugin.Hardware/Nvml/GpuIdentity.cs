using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>What is read once for a GPU under one driver load.</summary>
internal sealed record GpuIdentity(string Name, string? PciBusId, int? MinorNumber, GpuFacts Facts)
{
    /// <summary>What NVML's name would be if it gave one; the official plugin's word.</summary>
    public const string Unnamed = "N/A";

    /// <summary>Found when the facts were read; kept with them because nothing but a repair changes it.</summary>
    public bool? InforomCorrupt { get; init; }
}

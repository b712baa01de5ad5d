using System.Collections.Immutable;
using static DevicePlugin.Gpu.Plausibility.Bounds;

namespace DevicePlugin.Gpu.Plausibility;

/// <summary>The range of every fact that is a number.</summary>
internal static class FactRanges
{
    public static readonly ImmutableArray<ValueRange<GpuFacts>> All =
    [
        Range("memory", "MiB", 0, MostMemoryMiB, x => x.MemoryMiB, x => x with { MemoryMiB = null }),
        Range("BAR1", "MiB", 0, MostMemoryMiB, x => x.Bar1MiB, x => x with { Bar1MiB = null }),
        Range("memory bus width", "", 0, MostParts, x => x.MemoryBusWidthBits, x => x with { MemoryBusWidthBits = null }),
        Range("power limit that is set", "W", 0, MostWatts, x => x.PowerLimitWatts, x => x with { PowerLimitWatts = null }),
        Range("default power limit", "W", 0, MostWatts, x => x.PowerDefaultWatts, x => x with { PowerDefaultWatts = null }),
        Range("lowest power limit", "W", 0, MostWatts, x => x.PowerMinWatts, x => x with { PowerMinWatts = null }),
        Range("highest power limit", "W", 0, MostWatts, x => x.PowerMaxWatts, x => x with { PowerMaxWatts = null }),
        Range(
            "maximum graphics clock", "MHz", 0, MostMegahertz, x => x.MaxGraphicsClockMHz,
            x => x with { MaxGraphicsClockMHz = null }),
        Range("maximum SM clock", "MHz", 0, MostMegahertz, x => x.MaxSmClockMHz, x => x with { MaxSmClockMHz = null }),
        Range(
            "maximum memory clock", "MHz", 0, MostMegahertz, x => x.MaxMemoryClockMHz,
            x => x with { MaxMemoryClockMHz = null }),
        Range("maximum video clock", "MHz", 0, MostMegahertz, x => x.MaxVideoClockMHz, x => x with { MaxVideoClockMHz = null }),
        Range(
            "highest PCIe generation", "", 0, MostPcieGeneration, x => x.PcieMaxGeneration,
            x => x with { PcieMaxGeneration = null }),
        Range("highest PCIe width", "", 0, MostPcieWidth, x => x.PcieMaxWidth, x => x with { PcieMaxWidth = null }),
        Range("compute capability", "", 0, 99, x => x.ComputeCapability?.Major, x => x with { ComputeCapability = null }),
        Range("CUDA cores", "", 0, MostParts, x => x.CudaCores, x => x with { CudaCores = null }),
        Range("streaming multiprocessors", "", 0, MostParts, x => x.SmCount, x => x with { SmCount = null }),
        Range("L2 cache", "KiB", 0, MostParts, x => x.L2CacheKiB, x => x with { L2CacheKiB = null }),
        Range("copy engines", "", 0, MostParts, x => x.CopyEngines, x => x with { CopyEngines = null }),
        Range("encoders", "", 0, MostParts, x => x.Encoders, x => x with { Encoders = null }),
        Range("decoders", "", 0, MostParts, x => x.Decoders, x => x with { Decoders = null }),
        Range("JPEG engines", "", 0, MostParts, x => x.JpegEngines, x => x with { JpegEngines = null }),
        Range("OFA engines", "", 0, MostParts, x => x.OfaEngines, x => x with { OfaEngines = null }),
        Range("NVLinks", "", 0, MostNvLinks, x => x.NvLinkCount, x => x with { NvLinkCount = null }),
        Range("NVLink version", "", 0, 99, x => x.NvLinkVersion, x => x with { NvLinkVersion = null }),
        Range("NUMA node", "", 0, MostParts, x => x.NumaNode, x => x with { NumaNode = null }),
        Range("clique of the fabric", "", 0, int.MaxValue, x => x.FabricClique, x => x with { FabricClique = null }),
    ];

    private static ValueRange<GpuFacts> Range(
        string name, string unit, double least, double most, Func<GpuFacts, double?> read,
        Func<GpuFacts, GpuFacts> without) => new(name, unit, least, most, read, without);
}

using DevicePlugin.Gpu.Plausibility;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// Keeps facts from moving by themselves while the driver stays loaded: each change of an attribute is a new class of
/// nodes to Nomad, and makes it evaluate jobs again. A reported value is not withdrawn because one read failed or returned an
/// implausible value, or because the GPU is sick. Switching MIG changes what a GPU supports, so everything is then read again.
/// </summary>
internal sealed class HeldFacts(ILogger logger)
{
    private readonly PlausibilityCheck<GpuFacts> _plausible = new(FactRanges.All, logger);
    private Dictionary<string, (string? PciBusId, GpuFacts Facts)> _held = new(StringComparer.Ordinal);
    private (DriverLoad? Load, string? Version) _driver;

    /// <summary>Facts of another backend say nothing about the next one's.</summary>
    public void Clear() => _held.Clear();

    /// <summary>
    /// Facts that an earlier process reported under the same driver load are held likewise: CUDA, or a GPU, may be slow to tell
    /// them again.
    /// </summary>
    public void Recall(KnownGpuMemory memory)
    {
        _held.Clear();
        if (memory.Load is null)
        {
            return;
        }

        _driver = (memory.Load, memory.DriverVersion);
        foreach (var device in memory.Devices)
        {
            _held.TryAdd(device.Uuid, (device.PciBusId, device.Facts));
        }
    }

    public NodeReport Apply(NodeReport report)
    {
        if (!report.Driver.IsLoaded)
        {
            return report;
        }

        if ((report.Load, report.Driver.Version) != _driver)
        {
            _held.Clear();
            _driver = (report.Load, report.Driver.Version);
        }

        var held = report with { Devices = [.. report.Devices.Select(Hold)] };
        var next = new Dictionary<string, (string? PciBusId, GpuFacts Facts)>(StringComparer.Ordinal);
        foreach (var device in held.Devices)
        {
            next.TryAdd(device.Uuid, (device.PciBusId, device.Facts));
        }

        _held = next;
        return held;
    }

    private GpuDevice Hold(GpuDevice device)
    {
        var now = _plausible.Check(device.Uuid, device.Facts);
        if (!_held.TryGetValue(device.Uuid, out var before)
            || (now.MigMode ?? before.Facts.MigMode) != before.Facts.MigMode)
        {
            return device with { Facts = now };
        }

        // What belongs to the slot does not move with the board.
        var merged = Merge(before.Facts, now);
        return device with
        {
            Facts = device.PciBusId == before.PciBusId ? merged : merged with { NumaNode = now.NumaNode },
        };
    }

    private static GpuFacts Merge(GpuFacts before, GpuFacts now) => now with
    {
        MemoryMiB = now.MemoryMiB ?? before.MemoryMiB,
        MemoryIsUnified = now.MemoryMiB is null ? before.MemoryIsUnified : now.MemoryIsUnified,
        Bar1MiB = now.Bar1MiB ?? before.Bar1MiB,
        MemoryBusWidthBits = now.MemoryBusWidthBits ?? before.MemoryBusWidthBits,
        PowerLimitWatts = now.PowerLimitWatts ?? before.PowerLimitWatts,
        PowerDefaultWatts = now.PowerDefaultWatts ?? before.PowerDefaultWatts,
        PowerMinWatts = now.PowerMinWatts ?? before.PowerMinWatts,
        PowerMaxWatts = now.PowerMaxWatts ?? before.PowerMaxWatts,
        MaxGraphicsClockMHz = now.MaxGraphicsClockMHz ?? before.MaxGraphicsClockMHz,
        MaxSmClockMHz = now.MaxSmClockMHz ?? before.MaxSmClockMHz,
        MaxMemoryClockMHz = now.MaxMemoryClockMHz ?? before.MaxMemoryClockMHz,
        MaxVideoClockMHz = now.MaxVideoClockMHz ?? before.MaxVideoClockMHz,
        PcieMaxGeneration = now.PcieMaxGeneration ?? before.PcieMaxGeneration,
        PcieMaxWidth = now.PcieMaxWidth ?? before.PcieMaxWidth,

        // A monitor that sleeps and a KVM switch change it, although nobody changed the node.
        DisplayEnabled = before.DisplayEnabled ?? now.DisplayEnabled,
        PersistenceMode = now.PersistenceMode ?? before.PersistenceMode,
        EccMode = now.EccMode ?? before.EccMode,
        MigMode = now.MigMode ?? before.MigMode,
        ComputeMode = now.ComputeMode ?? before.ComputeMode,
        ComputeCapability = now.ComputeCapability ?? before.ComputeCapability,
        Architecture = now.Architecture ?? before.Architecture,
        Brand = now.Brand ?? before.Brand,
        CudaCores = now.CudaCores ?? before.CudaCores,
        SmCount = now.SmCount ?? before.SmCount,
        L2CacheKiB = now.L2CacheKiB ?? before.L2CacheKiB,
        CopyEngines = now.CopyEngines ?? before.CopyEngines,
        Encoders = now.Encoders ?? before.Encoders,
        Decoders = now.Decoders ?? before.Decoders,
        JpegEngines = now.JpegEngines ?? before.JpegEngines,
        OfaEngines = now.OfaEngines ?? before.OfaEngines,
        NvLinkCount = now.NvLinkCount ?? before.NvLinkCount,
        NvLinkVersion = now.NvLinkVersion ?? before.NvLinkVersion,
        AddressingMode = now.AddressingMode ?? before.AddressingMode,
        Virtualization = now.Virtualization ?? before.Virtualization,
        VbiosVersion = now.VbiosVersion ?? before.VbiosVersion,
        BoardSerial = now.BoardSerial ?? before.BoardSerial,
        BoardPartNumber = now.BoardPartNumber ?? before.BoardPartNumber,
        GspFirmware = now.GspFirmware ?? before.GspFirmware,
        NumaNode = now.NumaNode ?? before.NumaNode,

        // A failing fabric is a matter of health; the GPU is in another fabric only when it has joined that.
        FabricCluster = now.FabricCluster ?? before.FabricCluster,
        FabricClique = now.FabricCluster is null ? before.FabricClique : now.FabricClique,
    };
}

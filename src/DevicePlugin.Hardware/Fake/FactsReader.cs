using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>A GPU's or a MIG instance's facts, each from the function that NVML (or CUDA) gives it by.</summary>
internal static class FactsReader
{
    public static GpuFacts Read(GpuProbe probe, KeyedValues system)
    {
        var cuda = probe.Answers("cuInit") ? probe.Values : KeyedValues.Empty;
        return ReadBoard(probe) with
        {
            MemoryMiB = MiB(IsUnified(probe)
                ? system[SystemKeys.MemoryTotalMiB]
                : probe.Ask("nvmlDeviceGetMemoryInfo", MemoryKeys.TotalMiB)),
            MemoryIsUnified = IsUnified(probe),
            Bar1MiB = MiB(probe.Ask("nvmlDeviceGetBAR1MemoryInfo", Bar1Keys.TotalMiB)),
            MemoryBusWidthBits = (int?)probe.Ask("nvmlDeviceGetMemoryBusWidth", MemoryKeys.BusWidthBits),
            PowerLimitWatts = probe.Ask("nvmlDeviceGetPowerManagementLimit", PowerKeys.RequestedLimitWatts),
            PowerDefaultWatts = probe.Ask("nvmlDeviceGetPowerManagementDefaultLimit", PowerKeys.DefaultLimitWatts),
            PowerMinWatts = probe.Ask("nvmlDeviceGetPowerManagementLimitConstraints", PowerKeys.MinLimitWatts),
            PowerMaxWatts = probe.Ask("nvmlDeviceGetPowerManagementLimitConstraints", PowerKeys.MaxLimitWatts),
            MaxGraphicsClockMHz = (int?)probe.Ask("nvmlDeviceGetMaxClockInfo", ClocksKeys.MaxGraphicsMHz),
            MaxSmClockMHz = (int?)probe.Ask("nvmlDeviceGetMaxClockInfo", ClocksKeys.MaxSmMHz),
            MaxMemoryClockMHz = (int?)probe.Ask("nvmlDeviceGetMaxClockInfo", ClocksKeys.MaxMemoryMHz),
            MaxVideoClockMHz = (int?)probe.Ask("nvmlDeviceGetMaxClockInfo", ClocksKeys.MaxVideoMHz),
            SmCount = (int?)cuda[CudaKeys.SmCount],
            L2CacheKiB = (int?)cuda[CudaKeys.L2CacheKiB],
            CopyEngines = (int?)cuda[CudaKeys.CopyEngines],
        };
    }

    /// <summary>The parent's facts with what is the instance's own.</summary>
    public static GpuFacts ReadInstance(KeyedValues instance, GpuFacts parent) => parent with
    {
        MemoryMiB = MiB(instance[MigInstanceKeys.MemoryTotalMiB]),
        MemoryIsUnified = false,
        Bar1MiB = MiB(instance[MigInstanceKeys.Bar1TotalMiB]),
        SmCount = (int?)instance[MigInstanceKeys.SmCount],
        CopyEngines = (int?)instance[MigInstanceKeys.CopyEngines],
        Encoders = (int?)instance[MigInstanceKeys.Encoders],
        Decoders = (int?)instance[MigInstanceKeys.Decoders],
        JpegEngines = (int?)instance[MigInstanceKeys.JpegEngines],
        OfaEngines = (int?)instance[MigInstanceKeys.OfaEngines],
    };

    public static bool IsUnified(GpuProbe probe) => probe.Values[MemoryKeys.Unified] is true;

    /// <summary>NVML gives bytes; a part of a MiB does not count.</summary>
    public static long? MiB(double? value) => value is { } number ? (long)Math.Floor(number) : null;

    private static GpuFacts ReadBoard(GpuProbe probe) => new()
    {
        PcieMaxGeneration = (int?)probe.Ask("nvmlDeviceGetMaxPcieLinkGeneration", PciKeys.MaxGeneration),
        PcieMaxWidth = (int?)probe.Ask("nvmlDeviceGetMaxPcieLinkWidth", PciKeys.MaxWidth),
        DisplayEnabled = probe.Ask("nvmlDeviceGetDisplayMode", ModesKeys.DisplayMode)
            ?? probe.Ask("nvmlDeviceGetDisplayActive", ModesKeys.DisplayActive),
        PersistenceMode = probe.Ask("nvmlDeviceGetPersistenceMode", ModesKeys.Persistence),
        EccMode = probe.Ask("nvmlDeviceGetEccMode", EccKeys.Enabled),
        MigMode = probe.Ask("nvmlDeviceGetMigMode", MigKeys.Enabled),
        ComputeMode = probe.Ask("nvmlDeviceGetComputeMode", ModesKeys.Compute),
        ComputeCapability = ParseCapability(
            probe.Ask("nvmlDeviceGetCudaComputeCapability", IdentityKeys.ComputeCapability)),
        Architecture = probe.Ask("nvmlDeviceGetArchitecture", IdentityKeys.Architecture),
        Brand = probe.Ask("nvmlDeviceGetBrand", IdentityKeys.Brand),
        CudaCores = (int?)probe.Ask("nvmlDeviceGetNumGpuCores", IdentityKeys.CudaCores),
        NvLinkCount = HasLinks(probe.Values) ? (int?)probe.Ask("nvmlDeviceGetNvLinkState", NvlinkKeys.Links) : null,
        NvLinkVersion = probe.Ask("nvmlDeviceGetNvLinkVersion", NvlinkKeys.Version),
        AddressingMode = probe.Ask("nvmlDeviceGetAddressingMode", ModesKeys.Addressing),
        Virtualization = probe.Ask("nvmlDeviceGetVirtualizationMode", ModesKeys.Virtualization),
        VbiosVersion = probe.Ask("nvmlDeviceGetVbiosVersion", IdentityKeys.VbiosVersion),
        BoardSerial = probe.Ask("nvmlDeviceGetSerial", IdentityKeys.Serial),
        BoardPartNumber = probe.Ask("nvmlDeviceGetBoardPartNumber", IdentityKeys.BoardPartNumber),
        GspFirmware = probe.Ask("nvmlDeviceGetGspFirmwareVersion", IdentityKeys.GspFirmware),
        NumaNode = (int?)probe.Values[PciKeys.NumaNode],
    };

    /// <summary>Links that are all down and have no version are those of a board that has none.</summary>
    public static bool HasLinks(KeyedValues gpu) =>
        gpu[NvlinkKeys.Version] is not null || gpu[NvlinkKeys.Links] > (gpu[NvlinkKeys.Down]?.Length ?? 0);

    private static ComputeCapability? ParseCapability(string? text) =>
        text?.Split('.') is [var major, var minor]
            ? new ComputeCapability(
                int.Parse(major, CultureInfo.InvariantCulture), int.Parse(minor, CultureInfo.InvariantCulture))
            : null;
}

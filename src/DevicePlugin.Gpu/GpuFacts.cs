namespace DevicePlugin.Gpu;

/// <summary>
/// What is known of a device and does not change by itself. Null is "not supported here". Modes are words in lower case,
/// codes that have no word yet are their number. A MIG instance has its own memory, slices and engines and its parent's
/// everything else.
/// </summary>
public sealed record GpuFacts
{
    public static readonly GpuFacts None = new();

    /// <summary>nvmlDeviceGetMemoryInfo total; MemTotal where memory is unified.</summary>
    public long? MemoryMiB { get; init; }

    /// <summary>True where the memory is the system's (GB10, integrated GPUs).</summary>
    public bool MemoryIsUnified { get; init; }

    /// <summary>nvmlDeviceGetBAR1MemoryInfo total.</summary>
    public long? Bar1MiB { get; init; }

    /// <summary>nvmlDeviceGetMemoryBusWidth.</summary>
    public int? MemoryBusWidthBits { get; init; }

    /// <summary>
    /// nvmlDeviceGetPowerManagementLimit: what an administrator set. The enforced limit is a reading, since power steering
    /// moves it at any moment.
    /// </summary>
    public double? PowerLimitWatts { get; init; }

    public double? PowerDefaultWatts { get; init; }

    public double? PowerMinWatts { get; init; }

    public double? PowerMaxWatts { get; init; }

    /// <summary>nvmlDeviceGetMaxClockInfo, as the three below.</summary>
    public int? MaxGraphicsClockMHz { get; init; }

    public int? MaxSmClockMHz { get; init; }

    public int? MaxMemoryClockMHz { get; init; }

    public int? MaxVideoClockMHz { get; init; }

    /// <summary>nvmlDeviceGetMaxPcieLinkGeneration: the lower one of device and slot.</summary>
    public int? PcieMaxGeneration { get; init; }

    public int? PcieMaxWidth { get; init; }

    /// <summary>
    /// nvmlDeviceGetDisplayMode; nvmlDeviceGetDisplayActive where that is deprecated or unsupported. As it was when the
    /// driver was loaded.
    /// </summary>
    public bool? DisplayEnabled { get; init; }

    public bool? PersistenceMode { get; init; }

    public bool? EccMode { get; init; }

    public bool? MigMode { get; init; }

    /// <summary><c>default</c>, <c>exclusive_process</c>, <c>prohibited</c> (nvmlDeviceGetComputeMode).</summary>
    public string? ComputeMode { get; init; }

    public ComputeCapability? ComputeCapability { get; init; }

    /// <summary>For example <c>hopper</c> (nvmlDeviceGetArchitecture).</summary>
    public string? Architecture { get; init; }

    /// <summary>For example <c>nvidia</c>, <c>geforce</c> (nvmlDeviceGetBrand).</summary>
    public string? Brand { get; init; }

    /// <summary>nvmlDeviceGetNumGpuCores.</summary>
    public int? CudaCores { get; init; }

    /// <summary>CUDA attribute 16, or nvmlDeviceAttributes_t.multiprocessorCount of a MIG instance.</summary>
    public int? SmCount { get; init; }

    /// <summary>CUDA attribute 38, in KiB.</summary>
    public int? L2CacheKiB { get; init; }

    public int? CopyEngines { get; init; }

    public int? Encoders { get; init; }

    public int? Decoders { get; init; }

    public int? JpegEngines { get; init; }

    public int? OfaEngines { get; init; }

    /// <summary>
    /// Links that nvmlDeviceGetNvLinkState answers for, up or down; null where all are down and the driver knows nothing
    /// else of them: it answers "disabled" for links that a board does not have.
    /// </summary>
    public int? NvLinkCount { get; init; }

    /// <summary>For example 4.0 (nvmlDeviceGetNvLinkVersion).</summary>
    public double? NvLinkVersion { get; init; }

    /// <summary><c>none</c>, <c>hmm</c>, <c>ats</c> (nvmlDeviceGetAddressingMode).</summary>
    public string? AddressingMode { get; init; }

    /// <summary><c>none</c>, <c>passthrough</c>, <c>vgpu</c>, <c>host_vgpu</c>, <c>host_vsga</c>.</summary>
    public string? Virtualization { get; init; }

    public string? VbiosVersion { get; init; }

    public string? BoardPartNumber { get; init; }

    /// <summary>Printed on the board (nvmlDeviceGetSerial). Not an attribute: it names one device of a group.</summary>
    public string? BoardSerial { get; init; }

    public string? GspFirmware { get; init; }

    /// <summary>NUMA node of the PCI device (sysfs numa_node); null where the kernel says -1.</summary>
    public int? NumaNode { get; init; }

    /// <summary>nvmlDeviceGetGpuFabricInfoV once the fabric state is completed.</summary>
    public string? FabricCluster { get; init; }

    public int? FabricClique { get; init; }
}

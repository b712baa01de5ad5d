using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Sharing;
using static DevicePlugin.Nomad.Fingerprinting.AttributeMerge;
using Attribute = DevicePlugin.Nomad.Protocol.Attribute;

namespace DevicePlugin.Nomad.Fingerprinting;

/// <summary>
/// Every attribute by name. The types decide what constraints match: a number is an Int with a unit or a Float without one,
/// a mode is a word, since a string that looks like a number or a bool equals no literal (plugins/shared/structs/attribute.go).
/// </summary>
internal static class AttributeTable
{
    private const string ByReset = "an administrator, with a reset of the GPU";
    private const string ByFabric = "moving the GPU to another fabric, not a fault";
    private const string ByConfiguration = "the plugin's configuration";

    /// <summary>MB/s a PCIe lane carries, by generation from 1: 8b/10b coding up to 2, 128b/130b up to 5, then PAM4.</summary>
    private static readonly int[] LaneBandwidth = [250, 500, 985, 1969, 3938, 7563];

    public static readonly ImmutableArray<AttributeDefinition> All =
    [
        // Nomad caches the scheduler's verdict on a device request for the node's computed class, which is made of a group's
        // attributes, not of its instances (nomad/structs/node_class.go, scheduler/feasible/feasible.go). Without the
        // second count, a job that was submitted while too few devices were healthy would wait forever even after they recovered.
        Count(
            "devices", "Devices, as Nomad counts them: each replica of a shared GPU is one", _ => true,
            "adding, removing or sharing a device"),
        Count(
            "devices_healthy", "How many of them are healthy", x => x.Offer.Health.IsUsable,
            "each fault and each recovery: the one exception"),
        Capacity(
            "memory", "MiB", "Total memory; the system's where memory is unified, the GPU instance's with MIG", x => x.Facts.MemoryMiB,
            "switching ECC, on some boards"),
        Word("memory_source", "device, or system where memory is unified", x => MemorySource(x.Facts)),
        Capacity("bar1", "MiB", "BAR1 window", x => x.Facts.Bar1MiB),
        Capacity(
            "power", "W", "Configured power limit, or the default where it cannot be set",
            x => Round(x.Facts.PowerLimitWatts ?? x.Facts.PowerDefaultWatts), "an administrator (`nvidia-smi -pl`)"),
        Capacity("power_default", "W", "Default power limit", x => Round(x.Facts.PowerDefaultWatts)),
        Capacity("power_min", "W", "Lowest power limit that can be set", x => Round(x.Facts.PowerMinWatts)),
        Capacity("power_max", "W", "Highest power limit that can be set", x => Round(x.Facts.PowerMaxWatts)),
        Capacity("cores_clock", "MHz", "Maximum graphics clock", x => x.Facts.MaxGraphicsClockMHz),
        Capacity("memory_clock", "MHz", "Maximum memory clock", x => x.Facts.MaxMemoryClockMHz),
        Capacity("sm_clock", "MHz", "Maximum SM clock", x => x.Facts.MaxSmClockMHz),
        Capacity("video_clock", "MHz", "Maximum video clock", x => x.Facts.MaxVideoClockMHz),
        Capacity("pci_bandwidth", "MB/s", "PCIe bandwidth in one direction", x => PcieBandwidth(x.Facts)),
        Capacity("pcie_generation", "", "Highest PCIe generation of device and slot", x => x.Facts.PcieMaxGeneration),
        Capacity("pcie_width", "", "PCIe lanes", x => x.Facts.PcieMaxWidth),
        Word("driver_version", "Driver version", x => x.Driver.Version),
        Word("cuda_version", "Newest CUDA version of the driver", x => x.Driver.Cuda?.ToString()),
        Exact("cuda_version_major", "Its major part", x => x.Driver.Cuda?.Major),
        Exact("cuda_version_minor", "Its minor part", x => x.Driver.Cuda?.Minor),
        Word(
            "display_state", "Enabled or Disabled: a display was attached when the driver was loaded",
            x => Switch(x.Facts.DisplayEnabled)),
        Word(
            "persistence_mode", "Enabled or Disabled", x => Switch(x.Facts.PersistenceMode),
            "an administrator or nvidia-persistenced"),
        Real("compute_capability", "For example 9.0", x => Capability(x.Facts.ComputeCapability)),
        Exact("compute_capability_major", "Its major part", x => x.Facts.ComputeCapability?.Major),
        Exact("compute_capability_minor", "Its minor part", x => x.Facts.ComputeCapability?.Minor),
        Word("architecture", "For example ampere, hopper", x => x.Facts.Architecture),
        Word("brand", "For example nvidia, geforce", x => x.Facts.Brand),
        Capacity("cuda_cores", "", "CUDA cores", x => x.Facts.CudaCores),
        Capacity("sm_count", "", "Streaming multiprocessors", x => x.Facts.SmCount),
        Capacity("l2_cache", "KiB", "L2 cache", x => x.Facts.L2CacheKiB),
        Capacity("memory_bus_width", "", "Bits of the memory bus", x => x.Facts.MemoryBusWidthBits),
        Capacity("copy_engines", "", "Copy engines", x => x.Facts.CopyEngines),
        Capacity("encoders", "", "Video encoders of a MIG instance", x => x.Facts.Encoders),
        Capacity("decoders", "", "Video decoders of a MIG instance", x => x.Facts.Decoders),
        Capacity("jpeg_engines", "", "JPEG engines of a MIG instance", x => x.Facts.JpegEngines),
        Capacity("ofa_engines", "", "Optical flow engines of a MIG instance", x => x.Facts.OfaEngines),
        Capacity("nvlink_count", "", "NVLinks, up or down", x => x.Facts.NvLinkCount),
        Real("nvlink_version", "For example 4.0", x => x.Facts.NvLinkVersion),
        Word("ecc_mode", "Enabled or Disabled", x => Switch(x.Facts.EccMode), ByReset),
        Word("mig_mode", "Enabled or Disabled", x => Switch(x.Facts.MigMode), ByReset),
        Word("mig_profile", "For example 1g.5gb", x => x.Device.Mig?.Profile),
        Exact("mig_gpu_slices", "GPU slices of the instance", x => x.Device.Mig?.GpuSlices),
        Exact("mig_compute_slices", "Compute slices of the instance", x => x.Device.Mig?.ComputeSlices),
        Exact(
            "mig_compute_instances", "Instances that share `memory`, this one included; 1: not shared",
            x => x.Offer.ComputeInstances, "creating or destroying compute instances"),
        Word(
            "compute_mode", "default, exclusive_process or prohibited", x => x.Facts.ComputeMode,
            "an administrator, or the plugin for MPS"),
        Word("confidential_compute", "on or off", x => OnOff(x.Driver.ConfidentialCompute)),
        Word("addressing_mode", "none, hmm or ats", x => x.Facts.AddressingMode),
        Word("virtualization_mode", "none, passthrough, vgpu, host_vgpu or host_vsga", x => x.Facts.Virtualization),
        Word("vbios_version", "VBIOS version", x => x.Facts.VbiosVersion),
        Word("board_part_number", "Board part number", x => x.Facts.BoardPartNumber),
        Word("gsp_firmware_version", "GSP firmware version", x => x.Facts.GspFirmware),
        Exact("numa_node", "NUMA node of the PCI device", x => x.Facts.NumaNode),
        Word("fabric_cluster_uuid", "NVLink fabric cluster UUID", x => x.Facts.FabricCluster, ByFabric),
        Exact("fabric_clique_id", "Clique in the fabric cluster", x => x.Facts.FabricClique, ByFabric),
        Word("fabric_domain", "Cluster UUID and clique: GPUs with the same one reach each other by NVLink", FabricDomain, ByFabric),
        Flag("shared", "true when other tasks may use the device too", x => x.Share is not null, ByConfiguration),
        Exact("replicas", "How many tasks share one device", x => x.Share?.Replicas, ByConfiguration),
        Word(
            "sharing_strategy", "time-slicing or mps",
            x => x.Share is { } s ? SharingStrategyWord.Of(s.Strategy) : null, ByConfiguration),
        Capacity(
            "memory_per_replica", "MiB", "Each task's even part, or its limit with mps", x => x.Share?.MemoryMiB,
            ByConfiguration),
        Flag("simulated", "true with the fake backend only", x => x.Inventory.IsSimulated ? true : null),
    ];

    // The clique alone is the same number in many racks, and a fabric of one node has a UUID of zeros, as have all such nodes.
    private static string? FabricDomain(AttributeSource source) =>
        source.Facts is { FabricCluster: { } cluster, FabricClique: { } clique } && cluster.AsSpan().IndexOfAnyExcept('0', '-') >= 0
            ? string.Create(CultureInfo.InvariantCulture, $"{cluster}.{clique}")
            : null;

    private static AttributeDefinition Count(
        string name, string description, Func<AttributeSource, bool> counts, string changedBy) =>
        new(name, "Int", "", description, Sum, x => new Attribute { IntVal = counts(x) ? 1 : 0 }, changedBy);

    private static AttributeDefinition Capacity(
        string name, string unit, string description, Func<AttributeSource, long?> read, string? changedBy = null) =>
        new(name, "Int", unit, description, Minimum,
            x => read(x) is { } n ? new Attribute { IntVal = n, Unit = unit } : null, changedBy);

    private static AttributeDefinition Exact(
        string name, string description, Func<AttributeSource, long?> read, string? changedBy = null) =>
        new(name, "Int", "", description, OmitIfDifferent,
            x => read(x) is { } n ? new Attribute { IntVal = n } : null, changedBy);

    private static AttributeDefinition Real(string name, string description, Func<AttributeSource, double?> read) =>
        new(name, "Float", "", description, OmitIfDifferent,
            x => read(x) is { } n ? new Attribute { FloatVal = n } : null, ChangedBy: null);

    private static AttributeDefinition Word(
        string name, string description, Func<AttributeSource, string?> read, string? changedBy = null) =>
        new(name, "String", "", description, OmitIfDifferent,
            x => read(x) is { Length: > 0 } s ? new Attribute { StringVal = s } : null, changedBy);

    private static AttributeDefinition Flag(
        string name, string description, Func<AttributeSource, bool?> read, string? changedBy = null) =>
        new(name, "Bool", "", description, OmitIfDifferent,
            x => read(x) is { } b ? new Attribute { BoolVal = b } : null, changedBy);

    private static string? MemorySource(GpuFacts facts) =>
        facts.MemoryMiB is null ? null : facts.MemoryIsUnified ? "system" : "device";

    private static long? PcieBandwidth(GpuFacts facts) =>
        facts is { PcieMaxGeneration: { } generation and >= 1, PcieMaxWidth: { } width } && generation <= LaneBandwidth.Length
            ? (long)LaneBandwidth[generation - 1] * width
            : null;

    private static double? Capability(ComputeCapability? capability) =>
        capability is { } c ? ((c.Major * 10) + c.Minor) / 10.0 : null;

    private static long? Round(double? value) => value is { } v ? (long)Math.Round(v) : null;

    private static string? Switch(bool? value) => value is { } on ? on ? "Enabled" : "Disabled" : null;

    private static string? OnOff(bool? value) => value is { } on ? on ? "on" : "off" : null;
}

using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu;

namespace DevicePlugin.Metrics;

/// <summary>
/// The labels of dcgm-exporter with its spellings, so that dashboards made for it find what they look for, and the id under
/// which Nomad knows the device. A MIG instance has its GPU's labels, as there, and its own profile, instance and id.
/// </summary>
internal static class DeviceLabels
{
    public static readonly ImmutableArray<string> Names =
    [
        "gpu", "UUID", "pci_bus_id", "device", "modelName", "GPU_I_ID", "GPU_I_PROFILE", "Hostname", "device_id",
    ];

    /// <summary>What is unknown is empty, which for Prometheus is the same as not there.</summary>
    public static string[] Of(GpuDevice gpu, string hostname) =>
    [
        gpu.Index.ToString(CultureInfo.InvariantCulture),
        gpu.PhysicalUuid,
        LongAddress(gpu.PciBusId),
        gpu.MinorNumber is { } minor ? string.Create(CultureInfo.InvariantCulture, $"nvidia{minor}") : "",
        ModelOf(gpu),
        gpu.Mig?.GpuInstanceId.ToString(CultureInfo.InvariantCulture) ?? "",
        gpu.Mig?.Profile ?? "",
        hostname,
        gpu.Uuid,
    ];

    /// <summary>The product name of the board; NVML adds the profile to that of an instance.</summary>
    public static string ModelOf(GpuDevice gpu) =>
        gpu.Mig is { } mig && gpu.Name.EndsWith($" MIG {mig.Profile}", StringComparison.Ordinal)
            ? gpu.Name[..^$" MIG {mig.Profile}".Length]
            : gpu.Name;

    // NVML writes the domain with eight digits and in capitals, sysfs with four.
    private static string LongAddress(string? address) => address is null ? "" : $"0000{address.ToUpperInvariant()}";
}

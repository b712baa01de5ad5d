using System.Globalization;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Who a GPU is and where. Read before anything else of it, and again after it was out of reach: what left the bus may come
/// back at another address and with another node. Null is "not known (yet)".
/// </summary>
internal sealed record GpuIdentity
{
    public static readonly GpuIdentity Unknown = new();

    /// <summary>The name of its device group.</summary>
    public string? Name { get; init; }

    /// <summary>As sysfs writes it.</summary>
    public string? PciBusId { get; init; }

    /// <summary>Device and vendor as in nvmlPciInfo_t; zero where the driver does not say.</summary>
    public uint PciDeviceId { get; init; }

    public int? MinorNumber { get; init; }

    /// <summary>
    /// A name for a board whose own name is invalid. It depends on the board alone, so that the group is the same after a restart
    /// and on the next node.
    /// </summary>
    public string FallbackName => PciDeviceId == 0
        ? "NVIDIA GPU"
        : string.Create(CultureInfo.InvariantCulture, $"NVIDIA GPU {PciDeviceId & 0xFFFF:x4}:{PciDeviceId >> 16:x4}");
}

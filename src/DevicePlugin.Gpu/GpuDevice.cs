using System.Collections.Immutable;

namespace DevicePlugin.Gpu;

/// <summary>A physical GPU or a MIG instance as one enumeration found it.</summary>
public sealed record GpuDevice
{
    /// <summary>NVML's UUID, <c>GPU-...</c> or <c>MIG-...</c>: the identity that survives reboots.</summary>
    public required string Uuid { get; init; }

    /// <summary>NVML's product name; for a MIG instance NVML's own name for it.</summary>
    public required string Name { get; init; }

    /// <summary>NVML index of the GPU; of the parent for a MIG instance. Not stable over reboots.</summary>
    public required int Index { get; init; }

    /// <summary>As in sysfs, <c>0000:3b:00.0</c>; the parent's for a MIG instance. Null where there is no PCI device.</summary>
    public string? PciBusId { get; init; }

    /// <summary>
    /// The last known address, while it is not certain that the GPU is still there: the configuration can still name it by that.
    /// Null where <see cref="PciBusId"/> is known.
    /// </summary>
    public string? FormerPciBusId { get; init; }

    /// <summary>N of <c>/dev/nvidiaN</c>; the parent's for a MIG instance.</summary>
    public int? MinorNumber { get; init; }

    /// <summary>Null for a physical GPU.</summary>
    public MigInstance? Mig { get; init; }

    public GpuFacts Facts { get; init; } = GpuFacts.None;

    /// <summary>What the backend found wrong, the gravest first; empty when it could read the device and found nothing.</summary>
    public ImmutableArray<DeviceFault> Faults { get; init; } = [];

    /// <summary>The gravest fault; setting it makes it the only one.</summary>
    public DeviceFault? Fault
    {
        get => Faults.IsEmpty ? null : Faults[0];
        init => Faults = value is null ? [] : [value];
    }

    /// <summary>Whether the driver asks for a reset or more (field 230); null where it does not know the field.</summary>
    public bool? RecoveryNeeded { get; init; }

    /// <summary>What an operator should know although the GPU stays fit; null when there is nothing.</summary>
    public string? Notice { get; init; }

    /// <summary>
    /// Why the device must not be handed to a task, whatever its health and the health settings say, for example because its
    /// identity is contradictory. Stable while it lasts; null when there is no obstacle.
    /// </summary>
    public string? Obstacle { get; init; }

    /// <summary>Why the XIDs of the GPU do not arrive, stable while it lasts; null when they do.</summary>
    public string? Unmonitored { get; init; }

    /// <summary>
    /// Bit n: NVLink n was up since the machine booted, so it leads somewhere. Another process cannot see that of a link that
    /// is down.
    /// </summary>
    public ulong NvLinksSeenUp { get; init; }

    /// <summary>UUID of the physical GPU: its own, or the parent's.</summary>
    public string PhysicalUuid => Mig?.ParentUuid ?? Uuid;
}

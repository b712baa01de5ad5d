using System.Collections.Immutable;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Conditions;

/// <summary>
/// The readings that a GPU's health is judged by, whichever backend they come from. Null is "the driver does not say".
/// </summary>
internal sealed record GpuConditions
{
    public static readonly GpuConditions None = new();

    /// <summary>Field 230 as NVML numbers it; 0 is none.</summary>
    public long? RecoveryAction { get; init; }

    /// <summary>A row could not be remapped.</summary>
    public bool? RemapFailed { get; init; }

    public bool? RemapPending { get; init; }

    /// <summary>A page retirement, which older boards have instead of a row remap, waits for a reset.</summary>
    public bool? RetirementPending { get; init; }

    /// <summary>nvmlDeviceValidateInforom found a wrong checksum.</summary>
    public bool? InforomCorrupt { get; init; }

    /// <summary>Uncorrected ECC errors since the driver was loaded.</summary>
    public long? UncorrectedErrors { get; init; }

    /// <summary>nvmlDeviceGetSramEccErrorStatus.</summary>
    public SramErrors? Sram { get; init; }

    /// <summary>nvmlDeviceGetRepairStatus.</summary>
    public bool? ChannelRepairPending { get; init; }

    public bool? TpcRepairPending { get; init; }

    /// <summary>nvmlDeviceGetUnrepairableMemoryFlag_v1.</summary>
    public bool? MemoryUnrepairable { get; init; }

    /// <summary>Null where the driver knows no fabric.</summary>
    public FabricReading? Fabric { get; init; }

    /// <summary>Whether each NVLink is up, by its number; null where that was not said.</summary>
    public ImmutableArray<bool?> Links { get; init; } = [];

    /// <summary>NVLinks are switched off while MIG is on.</summary>
    public bool IsMigOn { get; init; }

    /// <summary>Null where the driver does not know the field.</summary>
    public bool? RecoveryNeeded => RecoveryAction is { } action ? action > 0 : null;

    public int? LinksUp => Links.Any(link => link is not null) ? Links.Count(link => link == true) : null;

    /// <summary>Those that are statistics too.</summary>
    public GpuReadings AddTo(GpuReadings readings) => readings with
    {
        SramUncorrected = Sram?.Uncorrected,
        SramThresholdExceeded = Sram?.ThresholdExceeded,
        ChannelRepairPending = ChannelRepairPending,
        TpcRepairPending = TpcRepairPending,
        MemoryUnrepairable = MemoryUnrepairable,
        FabricState = Fabric is { IsSupported: true } ? Fabric.StateWord : null,
        FabricConditions = Fabric is { IsSupported: true } ? string.Join(", ", Fabric.All) : null,
    };
}

/// <summary>Errors of the on-chip memories.</summary>
/// <param name="Uncorrected">Over the board's life, found by parity or by ECC.</param>
/// <param name="ThresholdExceeded">More of them than NVIDIA's field diagnostic accepts.</param>
internal readonly record struct SramErrors(long Uncorrected, bool ThresholdExceeded);

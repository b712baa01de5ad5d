using System.Collections.Immutable;
using static DevicePlugin.Gpu.DeviceFaultKind;

namespace DevicePlugin.Gpu.Health;

/// <summary>Every fault that an enumeration can show, the gravest first.</summary>
internal static class FaultTable
{
    public const string ReplaceBoard = "replace the board";

    public static readonly ImmutableArray<FaultEntry> All =
    [
        new(Lost, "gpu_lost", "GPU is lost", "reboot the node", RecoveryRule.AnswersAgain),
        new(Unresponsive, "gpu_unresponsive", "GPU does not answer", "reset the GPU or reboot the node", RecoveryRule.ReadingIsGood),
        new(CallFailed, "gpu_unreadable", "GPU cannot be read", "see the driver's messages in the kernel log", RecoveryRule.ReadingIsGood),
        new(InsufficientPower, "insufficient_power", "external power is insufficient", "check the power cables of the board",
            RecoveryRule.ReadingIsGood),
        new(ResetRequired, "reset_required", "GPU reset required", "drain the GPU and reset it", RecoveryRule.ReadingIsGood),
        new(RemapFailed, "row_remap_failed", "row remap failed", ReplaceBoard, RecoveryRule.ReadingIsGood),
        new(MemoryUnrepairable, "memory_unrepairable", "memory cannot be repaired", ReplaceBoard, RecoveryRule.ReadingIsGood),
        new(SramThresholdExceeded, "sram_threshold_exceeded", "too many SRAM errors", ReplaceBoard, RecoveryRule.ReadingIsGood),
        new(InforomCorrupt, "inforom_corrupt", "InfoROM is corrupt", ReplaceBoard, RecoveryRule.ReadingIsGood),
        new(UncorrectableEcc, "uncorrected_ecc", "uncorrectable ECC errors", "drain the GPU and reset it", RecoveryRule.ReadingIsGood),
        new(RemapPending, "row_remap_pending", "row remap or page retirement pending", "drain the GPU and reset it",
            RecoveryRule.ReadingIsGood),
        new(RepairPending, "repair_pending", "hardware repair pending", "drain the GPU and reset it", RecoveryRule.ReadingIsGood),
        new(FabricNotReady, "fabric_not_ready", "NVLink fabric is not ready", "check that the fabric manager is running", RecoveryRule.ReadingIsGood)
        {
            Grace = TimeSpan.FromMinutes(5),
        },
        new(FabricUnhealthy, "fabric_unhealthy", "NVLink fabric is unhealthy", "check the fabric manager and the links",
            RecoveryRule.ReadingIsGood),
        new(MpsUnavailable, "mps_unavailable", "MPS cannot be used", "see nomad-device-gpu mps status and the daemon's control.log",
            RecoveryRule.ReadingIsGood),
    ];

    public static FaultEntry Find(DeviceFaultKind kind) => All.Single(entry => entry.Kind == kind);
}

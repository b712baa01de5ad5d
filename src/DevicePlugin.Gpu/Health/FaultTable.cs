using System.Collections.Immutable;
using static DevicePlugin.Gpu.DeviceFaultKind;

namespace DevicePlugin.Gpu.Health;

/// <summary>Every fault that an enumeration can show, the gravest first.</summary>
internal static class FaultTable
{
    public const string ReplaceBoard = "replace the board";

    public static readonly ImmutableArray<FaultEntry> All =
    [
        new(Lost, "GPU is lost", "reboot the node", RecoveryRule.AnswersAgain),
        new(Unresponsive, "GPU does not answer", "reset the GPU or reboot the node", RecoveryRule.ReadingIsGood),
        new(CallFailed, "GPU cannot be read", "see the driver's messages in the kernel log", RecoveryRule.ReadingIsGood),
        new(InsufficientPower, "external power is insufficient", "check the power cables of the board",
            RecoveryRule.ReadingIsGood),
        new(ResetRequired, "GPU reset required", "drain the GPU and reset it", RecoveryRule.ReadingIsGood),
        new(RemapFailed, "row remap failed", ReplaceBoard, RecoveryRule.ReadingIsGood),
        new(MemoryUnrepairable, "memory cannot be repaired", ReplaceBoard, RecoveryRule.ReadingIsGood),
        new(SramThresholdExceeded, "too many SRAM errors", ReplaceBoard, RecoveryRule.ReadingIsGood),
        new(InforomCorrupt, "InfoROM is corrupt", ReplaceBoard, RecoveryRule.ReadingIsGood),
        new(UncorrectableEcc, "uncorrectable ECC errors", "drain the GPU and reset it", RecoveryRule.ReadingIsGood),
        new(RemapPending, "row remap or page retirement pending", "drain the GPU and reset it",
            RecoveryRule.ReadingIsGood),
        new(RepairPending, "hardware repair pending", "drain the GPU and reset it", RecoveryRule.ReadingIsGood),
        new(FabricNotReady, "NVLink fabric is not ready", "check that the fabric manager is running", RecoveryRule.ReadingIsGood)
        {
            Grace = TimeSpan.FromMinutes(5),
        },
        new(FabricUnhealthy, "NVLink fabric is unhealthy", "check the fabric manager and the links",
            RecoveryRule.ReadingIsGood),
        new(MpsUnavailable, "MPS cannot be used", "see nomad-device-gpu mps status and the daemon's control.log",
            RecoveryRule.ReadingIsGood),
    ];

    public static FaultEntry Find(DeviceFaultKind kind) => All.Single(entry => entry.Kind == kind);
}

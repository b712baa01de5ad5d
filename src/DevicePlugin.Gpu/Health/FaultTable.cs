using System.Collections.Immutable;
using static DevicePlugin.Gpu.DeviceFaultKind;

namespace DevicePlugin.Gpu.Health;

/// <summary>Every fault that an enumeration can show, the gravest first.</summary>
internal static class FaultTable
{
    public const string ReplaceBoard = "replace the board";

    private const string ResetGpu = "drain the GPU and reset it";

    public static readonly ImmutableArray<FaultEntry> All =
    [
        new(Lost, "gpu_lost", "GPU is lost", "reboot the node", RecoveryRule.AnswersAgain)
        {
            Source = "an NVML call answers `GPU_IS_LOST`, or the kernel lists a GPU that NVML does not",
        },
        new(Unresponsive, "gpu_unresponsive", "GPU does not answer", "reset the GPU or reboot the node", RecoveryRule.ReadingIsGood)
        {
            Source = "an NVML call takes longer than `health.call_timeout`",
        },
        new(DriverUnresponsive, "driver_unresponsive", "driver does not answer",
            "see the driver's messages in the kernel log; if it lasts, reload the driver or reboot the node", RecoveryRule.DriverAnswers)
        {
            Source = "NVML calls take longer than `health.call_timeout`, and which GPU blocks the driver is not known",
        },
        new(NotRead, "gpu_not_read", "GPU is not read yet", "wait for the driver, which answers slowly", RecoveryRule.DriverAnswers)
        {
            // On a slow node, each start of the plugin begins with this fault; it says nothing about the GPU.
            IsDamped = false, Source = "the first reading of the GPU is still going on after 8 s",
        },
        new(CallFailed, "gpu_unreadable", "GPU cannot be read", "see the driver's messages in the kernel log", RecoveryRule.ReadingIsGood)
        {
            Source = "any other failure of a call that must not fail",
        },
        new(InsufficientPower, "insufficient_power", "external power is insufficient", "check the power cables of the board",
            RecoveryRule.ReadingIsGood)
        {
            Source = "an NVML call answers `INSUFFICIENT_POWER`",
        },
        new(ResetRequired, "reset_required", "GPU reset required", ResetGpu, RecoveryRule.ReadingIsGood)
        {
            Source = "an NVML call answers `RESET_REQUIRED`, or the recovery action (field 230) is a reset",
        },
        new(RecoveryNeeded, "recovery_needed", "GPU needs a recovery", "follow the recovery action that nvidia-smi shows",
            RecoveryRule.ReadingIsGood)
        {
            NamesCondition = true, Source = "the recovery action (field 230) is neither none nor a reset",
        },
        new(RemapFailed, "row_remap_failed", "row remap failed", ReplaceBoard, RecoveryRule.ReadingIsGood)
        {
            Source = "`nvmlDeviceGetRemappedRows`",
        },
        new(MemoryUnrepairable, "memory_unrepairable", "memory cannot be repaired", ReplaceBoard, RecoveryRule.ReadingIsGood)
        {
            Source = "`nvmlDeviceGetUnrepairableMemoryFlag_v1`",
        },
        new(SramThresholdExceeded, "sram_threshold_exceeded", "too many SRAM errors", ReplaceBoard, RecoveryRule.ReadingIsGood)
        {
            Source = "`nvmlDeviceGetSramEccErrorStatus`",
        },
        new(InforomCorrupt, "inforom_corrupt", "InfoROM is corrupt", ReplaceBoard, RecoveryRule.ReadingIsGood)
        {
            Source = "`nvmlDeviceValidateInforom`, or another NVML call, answers `CORRUPTED_INFOROM`",
        },
        new(UncorrectableEcc, "uncorrected_ecc", "uncorrectable ECC errors", ResetGpu, RecoveryRule.ReadingIsGood)
        {
            Source = "NVML's count of uncorrected errors since the driver was loaded",
        },
        new(RemapPending, "row_remap_pending", "row remap or page retirement pending", ResetGpu, RecoveryRule.ReadingIsGood)
        {
            Source = "`nvmlDeviceGetRemappedRows`, `nvmlDeviceGetRetiredPagesPendingStatus`",
        },
        new(RepairPending, "repair_pending", "hardware repair pending", ResetGpu, RecoveryRule.ReadingIsGood)
        {
            Source = "`nvmlDeviceGetRepairStatus`",
        },
        new(FabricNotReady, "fabric_not_ready", "NVLink fabric is not ready", "check that the fabric manager is running", RecoveryRule.ReadingIsGood)
        {
            Grace = TimeSpan.FromMinutes(5), NamesCondition = true,
            Source = "`nvmlDeviceGetGpuFabricInfoV`, 5 min after the driver was loaded",
        },
        new(FabricUnhealthy, "fabric_unhealthy", "NVLink fabric is unhealthy", "check the fabric manager and the links",
            RecoveryRule.ReadingIsGood)
        {
            NamesCondition = true, Source = "`nvmlDeviceGetGpuFabricInfoV`, the state of the NVLinks",
        },
        new(MpsUnavailable, "mps_unavailable", "MPS cannot be used", "see nomad-device-gpu mps status and the daemon's control.log",
            RecoveryRule.ReadingIsGood)
        {
            Source = "the MPS control daemon of a `sharing` block",
        },
    ];

    public static FaultEntry Find(DeviceFaultKind kind) => All.Single(entry => entry.Kind == kind);
}

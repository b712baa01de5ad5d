using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>
/// What is wrong with a GPU by its values, the worst first. The texts hold no counts: they stay the same.
/// </summary>
internal static class GpuFaults
{
    private const string NoAction = "none";

    public static DeviceFault? Find(GpuProbe probe) =>
        OfState(probe) ?? probe.Fault ?? OfReset(probe) ?? OfMemory(probe) ?? OfFabric(probe.Values);

    private static DeviceFault? OfState(GpuProbe probe)
    {
        var (kind, code) = probe.Values.State() switch
        {
            "lost" => (DeviceFaultKind.Lost, ReturnCodes.GpuIsLost),
            "reset_required" => (DeviceFaultKind.ResetRequired, ReturnCodes.ResetRequired),
            "insufficient_power" => (DeviceFaultKind.InsufficientPower, ReturnCodes.InsufficientPower),
            "no_permission" => (DeviceFaultKind.CallFailed, ReturnCodes.NoPermission),
            "irq_issue" => (DeviceFaultKind.CallFailed, ReturnCodes.IrqIssue),
            "unknown_error" => (DeviceFaultKind.CallFailed, ReturnCodes.Unknown),
            _ => (default, ""),
        };
        return code.Length > 0 ? new DeviceFault(kind, $"nvmlDeviceGetHandleByIndex answered {code}.") : null;
    }

    private static DeviceFault? OfReset(GpuProbe probe) =>
        probe.AskField(230, GpuKeys.RecoveryAction) is { } action and not NoAction
            ? new DeviceFault(
                DeviceFaultKind.ResetRequired, $"The recovery action (field 230) is \"{action.Replace('_', ' ')}\".")
            : null;

    private static DeviceFault? OfMemory(GpuProbe probe)
    {
        var values = probe.Values;
        if (probe.Answers("nvmlDeviceGetRemappedRows") && values[RemapKeys.Failed] is true)
        {
            return new DeviceFault(
                DeviceFaultKind.RemapFailed, "nvmlDeviceGetRemappedRows shows a row that could not be remapped.");
        }

        if (probe.Ask("nvmlDeviceValidateInforom", InforomKeys.Valid) is false)
        {
            return new DeviceFault(
                DeviceFaultKind.InforomCorrupt, "nvmlDeviceValidateInforom answered CORRUPTED_INFOROM.");
        }

        if (probe.Ask("nvmlDeviceGetTotalEccErrors", EccKeys.UncorrectedVolatile) > 0)
        {
            return new DeviceFault(
                DeviceFaultKind.UncorrectableEcc,
                "nvmlDeviceGetTotalEccErrors counts uncorrected errors since the driver was loaded.");
        }

        if (values[RemapKeys.Pending] is true)
        {
            return new DeviceFault(
                DeviceFaultKind.RemapPending, "nvmlDeviceGetRemappedRows shows a remapping that waits for a reset.");
        }

        return probe.Ask("nvmlDeviceGetRetiredPagesPendingStatus", RetiredPagesKeys.Pending) is true
            ? new DeviceFault(
                DeviceFaultKind.RemapPending,
                "nvmlDeviceGetRetiredPagesPendingStatus shows a retirement that waits for a reset.")
            : null;
    }

    private static DeviceFault? OfFabric(KeyedValues values)
    {
        if (values[FabricKeys.Health] == "unhealthy" || values[FabricKeys.RouteUnhealthy] is true)
        {
            return new DeviceFault(
                DeviceFaultKind.FabricUnhealthy, "nvmlDeviceGetGpuFabricInfoV shows an unhealthy fabric.");
        }

        if (values[FabricKeys.State] == "completed" && values[FabricKeys.Status] is { } status
            && ReturnCodes.NameOf(status) != ReturnCodes.Success)
        {
            return new DeviceFault(
                DeviceFaultKind.FabricUnhealthy,
                $"nvmlDeviceGetGpuFabricInfoV shows a registration that ended with {ReturnCodes.NameOf(status)}.");
        }

        return values[NvlinkKeys.Down] is { Length: > 0 } down
            ? new DeviceFault(
                DeviceFaultKind.FabricUnhealthy, $"nvmlDeviceGetNvLinkState shows link {string.Join(", ", down)} down.")
            : null;
    }
}

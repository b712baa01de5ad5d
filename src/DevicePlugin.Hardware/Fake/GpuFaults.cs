using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>
/// Everything that is wrong with a GPU by its values, the gravest first. The texts hold no counts: they stay the same.
/// </summary>
internal static class GpuFaults
{
    private const string NoAction = "none";

    public static ImmutableArray<DeviceFault> Find(GpuProbe probe)
    {
        if ((OfState(probe) ?? probe.Fault) is { } unreadable)
        {
            // What does not answer shows nothing else.
            return [unreadable];
        }

        // The questions themselves may be the ones that fail.
        List<DeviceFault> found = [.. OfReset(probe), .. OfMemory(probe)];
        if (OfFabric(probe.Values) is { } fabric)
        {
            found.Add(fabric);
        }

        return probe.Fault is { } failed ? [failed, .. found] : [.. found];
    }

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

    /// <summary>Null where the GPU does not know field 230.</summary>
    public static bool? RecoveryNeeded(GpuProbe probe) =>
        probe.AskField(230, GpuKeys.RecoveryAction) is { } action ? action != NoAction : null;

    private static IEnumerable<DeviceFault> OfReset(GpuProbe probe)
    {
        if (probe.AskField(230, GpuKeys.RecoveryAction) is { } action and not NoAction)
        {
            yield return new DeviceFault(
                DeviceFaultKind.ResetRequired, $"The recovery action (field 230) is \"{action.Replace('_', ' ')}\".");
        }
    }

    private static IEnumerable<DeviceFault> OfMemory(GpuProbe probe)
    {
        var values = probe.Values;
        if (probe.Answers("nvmlDeviceGetRemappedRows") && values[RemapKeys.Failed] is true)
        {
            yield return new DeviceFault(
                DeviceFaultKind.RemapFailed, "nvmlDeviceGetRemappedRows shows a row that could not be remapped.");
        }

        if (probe.Ask("nvmlDeviceValidateInforom", InforomKeys.Valid) is false)
        {
            yield return new DeviceFault(
                DeviceFaultKind.InforomCorrupt, "nvmlDeviceValidateInforom answered CORRUPTED_INFOROM.");
        }

        if (probe.Ask("nvmlDeviceGetTotalEccErrors", EccKeys.UncorrectedVolatile) > 0)
        {
            yield return new DeviceFault(
                DeviceFaultKind.UncorrectableEcc,
                "nvmlDeviceGetTotalEccErrors counts uncorrected errors since the driver was loaded.");
        }

        if (values[RemapKeys.Pending] is true)
        {
            yield return new DeviceFault(
                DeviceFaultKind.RemapPending, "nvmlDeviceGetRemappedRows shows a remapping that waits for a reset.");
        }
        else if (probe.Ask("nvmlDeviceGetRetiredPagesPendingStatus", RetiredPagesKeys.Pending) is true)
        {
            yield return new DeviceFault(
                DeviceFaultKind.RemapPending,
                "nvmlDeviceGetRetiredPagesPendingStatus shows a retirement that waits for a reset.");
        }
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

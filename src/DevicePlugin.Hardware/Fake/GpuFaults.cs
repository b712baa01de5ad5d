using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Conditions;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>What is wrong with a simulated GPU: what its state makes of every call, else what the judge says.</summary>
internal static class GpuFaults
{
    /// <summary>
    /// The gravest first. A GPU that does not answer shows nothing else, and keeps its facts as if they had been read
    /// before.
    /// </summary>
    public static ImmutableArray<DeviceFault> Find(GpuProbe probe, GpuJudge judge)
    {
        var before = probe.Fault;
        judge.See(FakeConditions.Read(probe));
        return (OfState(probe) ?? before ?? probe.Fault) is { } unreadable ? [unreadable] : judge.Faults;
    }

    private static DeviceFault? OfState(GpuProbe probe)
    {
        var code = probe.Values.State() switch
        {
            "lost" => ReturnCodes.GpuIsLost,
            "reset_required" => ReturnCodes.ResetRequired,
            "insufficient_power" => ReturnCodes.InsufficientPower,
            "no_permission" => ReturnCodes.NoPermission,
            "irq_issue" => ReturnCodes.IrqIssue,
            "operating_system" => "OPERATING_SYSTEM",
            "timeout" => "TIMEOUT",
            "in_use" => "IN_USE",
            "insufficient_resources" => "INSUFFICIENT_RESOURCES",
            "unknown_error" => ReturnCodes.Unknown,
            _ => "",
        };
        return code.Length == 0
            ? null
            : new DeviceFault(
                ReturnCodes.ResultOf(code).Fault() ?? DeviceFaultKind.CallFailed,
                $"nvmlDeviceGetHandleByIndex answered {code}.");
    }
}

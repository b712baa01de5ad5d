using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.Conditions;

/// <summary>
/// What the readings of one GPU mean. The rules exist here and nowhere else: a real node and a simulated one only read.
/// </summary>
/// <param name="linksSeenUp">What an earlier judge saw of the links.</param>
internal sealed class GpuJudge(ulong linksSeenUp = 0)
{
    private readonly NvLinkWatch _links = new(linksSeenUp);

    public ulong LinksSeenUp => _links.SeenUp;

    public GpuConditions Seen { get; private set; } = GpuConditions.None;

    /// <summary>The gravest first. The evidence has no counts, which would move while the fault lasts.</summary>
    public ImmutableArray<DeviceFault> Faults { get; private set; } = [];

    /// <summary>What an operator should know although the GPU can do its work; null when there is nothing.</summary>
    public string? Notice => Seen switch
    {
        { Fabric.IsUnfinished: true, IsMigOn: false } =>
            $"{Unfinished(Seen.Fabric)}: CUDA fails with 802 (system not ready) until it is completed",
        { Fabric: { IsJoined: true, IsLimited: true } } =>
            "the NVLink fabric has less than its full bandwidth (nvmlDeviceGetGpuFabricInfoV)",
        _ => null,
    };

    /// <summary>With the facts that follow from what was seen.</summary>
    public GpuFacts Apply(GpuFacts facts)
    {
        var fabric = Seen.Fabric is { IsJoined: true } joined ? joined : null;
        return facts with
        {
            FabricCluster = fabric?.ClusterUuid,
            FabricClique = fabric?.Clique,
        };
    }

    public void See(GpuConditions conditions)
    {
        Seen = conditions;
        _links.Update(conditions.Links, conditions.Fabric?.IsJoined == true);
        Faults = [.. Find(conditions)];
    }

    private IEnumerable<DeviceFault> Find(GpuConditions seen) =>
        OfRecovery(seen).Concat(OfBoard(seen)).Concat(OfErrors(seen)).Concat(OfRepairs(seen)).Concat(OfFabric(seen));

    private static IEnumerable<DeviceFault> OfRecovery(GpuConditions seen)
    {
        if (seen.RecoveryAction is > 0 and var action)
        {
            yield return new DeviceFault(
                DeviceFaultKind.RecoveryNeeded, $"the recovery action (field 230) is {Words.RecoveryAction(action)}.")
            {
                Advice = Words.RecoveryAdvice(action),
            };
        }
    }

    private static IEnumerable<DeviceFault> OfBoard(GpuConditions seen)
    {
        if (seen.RemapFailed == true)
        {
            yield return new DeviceFault(DeviceFaultKind.RemapFailed, "NVML shows a row that could not be remapped.");
        }

        if (seen.MemoryUnrepairable == true)
        {
            yield return new DeviceFault(
                DeviceFaultKind.MemoryUnrepairable, "nvmlDeviceGetUnrepairableMemoryFlag_v1 shows memory beyond repair.");
        }

        if (seen.Sram is { ThresholdExceeded: true })
        {
            yield return new DeviceFault(
                DeviceFaultKind.SramThresholdExceeded,
                "nvmlDeviceGetSramEccErrorStatus says that the board has exceeded the threshold.");
        }

        if (seen.InforomCorrupt == true)
        {
            yield return new DeviceFault(
                DeviceFaultKind.InforomCorrupt, "nvmlDeviceValidateInforom answered CORRUPTED_INFOROM.");
        }
    }

    private static IEnumerable<DeviceFault> OfErrors(GpuConditions seen)
    {
        // A driver that knows the recovery action says itself what the errors ask for: nothing, where they were contained.
        if (seen is { UncorrectedErrors: > 0, RecoveryAction: null })
        {
            yield return new DeviceFault(
                DeviceFaultKind.UncorrectableEcc, "NVML counts uncorrected ECC errors since the driver was loaded.");
        }
    }

    private static IEnumerable<DeviceFault> OfRepairs(GpuConditions seen)
    {
        if (seen.RemapPending == true || seen.RetirementPending == true)
        {
            var what = seen.RemapPending == true ? "row remapping" : "page retirement";
            yield return new DeviceFault(DeviceFaultKind.RemapPending, $"NVML shows a {what} that waits for a reset.");
        }

        if (seen.ChannelRepairPending == true || seen.TpcRepairPending == true)
        {
            var what = seen.ChannelRepairPending == true ? "memory channel" : "TPC";
            yield return new DeviceFault(
                DeviceFaultKind.RepairPending, $"nvmlDeviceGetRepairStatus shows a {what} repair that waits for a reset.");
        }
    }

    private IEnumerable<DeviceFault> OfFabric(GpuConditions seen)
    {
        if (seen is { Fabric: { IsUnfinished: true } fabric, IsMigOn: false })
        {
            yield return new DeviceFault(DeviceFaultKind.FabricNotReady, $"{Unfinished(fabric)}.");
        }

        if ((ProblemOf(seen.Fabric) ?? _links.Problem) is { } problem)
        {
            yield return new DeviceFault(DeviceFaultKind.FabricUnhealthy, problem);
        }
    }

    private static string Unfinished(FabricReading fabric) =>
        $"the registration with the NVLink fabric is {fabric.StateWord} (nvmlDeviceGetGpuFabricInfoV)";

    private static string? ProblemOf(FabricReading? fabric) => fabric switch
    {
        { IsCompleted: true, IsJoined: false } =>
            $"Joining the NVLink fabric ended with {fabric.Status.CodeName()} (nvmlDeviceGetGpuFabricInfoV).",
        { IsJoined: true, IsUnhealthy: true } when fabric.Conditions.Any() =>
            $"nvmlDeviceGetGpuFabricInfoV shows {string.Join(", ", fabric.Conditions)}.",
        { IsJoined: true, IsUnhealthy: true } => "nvmlDeviceGetGpuFabricInfoV shows an unhealthy fabric.",
        _ => null,
    };
}

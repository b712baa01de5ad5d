using System.Collections.Immutable;
using DevicePlugin.Hardware.Conditions;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>Reads what a simulated GPU is judged by, each value through the function that NVML gives it by.</summary>
internal static class FakeConditions
{
    // The driver branches that brought each; the summary is that of nvmlDeviceGetGpuFabricInfoV.
    private const int FabricSince = 525;
    private const int SramStatusSince = 550;
    private const int RecoveryActionSince = 570;
    private const int FabricSummarySince = 580;
    private const int RepairStatusSince = 580;
    private const int UnrepairableMemorySince = 580;

    private const string Rows = "nvmlDeviceGetRemappedRows";
    private const string Repairs = "nvmlDeviceGetRepairStatus";
    private const string Sram = "nvmlDeviceGetSramEccErrorStatus";

    public static GpuConditions Read(GpuProbe probe)
    {
        var isMigOn = probe.Values[MigKeys.Enabled] is true;
        var hasRepairs = probe.DriverBranch >= RepairStatusSince && probe.Answers(Repairs)
            && (probe.Values.Has(EccKeys.ChannelRepairPending) || probe.Values.Has(EccKeys.TpcRepairPending));
        return new GpuConditions
        {
            RecoveryAction = probe.DriverBranch >= RecoveryActionSince
                && probe.AskField(230, GpuKeys.RecoveryAction) is { } action
                ? GpuKeys.RecoveryAction.CodeOf(action)
                : null,
            RemapPending = probe.Ask(Rows, RemapKeys.Pending),
            RemapFailed = probe.Ask(Rows, RemapKeys.Failed),
            RetirementPending = probe.Ask("nvmlDeviceGetRetiredPagesPendingStatus", RetiredPagesKeys.Pending),
            InforomCorrupt = probe.Ask("nvmlDeviceValidateInforom", InforomKeys.Valid) is { } valid ? !valid : null,
            UncorrectedErrors = probe.Ask("nvmlDeviceGetTotalEccErrors", EccKeys.UncorrectedVolatile),
            Sram = ReadSram(probe),
            ChannelRepairPending = hasRepairs ? probe.Values[EccKeys.ChannelRepairPending] is true : null,
            TpcRepairPending = hasRepairs ? probe.Values[EccKeys.TpcRepairPending] is true : null,
            MemoryUnrepairable = probe.DriverBranch < UnrepairableMemorySince ? null : probe.Ask("nvmlDeviceGetUnrepairableMemoryFlag_v1", EccKeys.UnrepairableMemory),
            Fabric = ReadFabric(probe),
            Links = ReadLinks(probe),
            IsMigOn = isMigOn,
        };
    }

    /// <summary>Whether each link is up; none where nvmlDeviceGetNvLinkState has no answer.</summary>
    public static ImmutableArray<bool?> ReadLinks(GpuProbe probe)
    {
        var hasLinks = FactsReader.HasLinks(probe.Values);
        var count = hasLinks ? probe.Ask("nvmlDeviceGetNvLinkState", NvlinkKeys.Links) ?? 0 : 0;
        var down = probe.Values[NvlinkKeys.Down] ?? [];
        return [.. Enumerable.Range(0, (int)count).Select(link => (bool?)!down.Contains(link))];
    }

    private static FabricReading? ReadFabric(GpuProbe probe) =>
        probe.DriverBranch >= FabricSince && probe.Answers("nvmlDeviceGetGpuFabricInfoV")
        && FabricReading.Of(probe.Values) is { } fabric
            ? probe.DriverBranch < FabricSummarySince ? fabric with { Summary = 0 } : fabric
            : null;

    private static SramErrors? ReadSram(GpuProbe probe)
    {
        var parity = probe.Ask(Sram, EccKeys.SramParityAggregate);
        return probe.DriverBranch < SramStatusSince || (parity is null && probe.Ask(Sram, EccKeys.SramParityVolatile) is null)
            ? null
            : new SramErrors(
                (parity ?? 0) + (probe.Values[EccKeys.SramSecdedAggregate] ?? 0),
                probe.Values[EccKeys.SramThresholdExceeded] is true);
    }
}

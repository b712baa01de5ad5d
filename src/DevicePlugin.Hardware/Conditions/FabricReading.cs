using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Conditions;

/// <summary>
/// What nvmlDeviceGetGpuFabricInfoV says of a GPU's place in the NVLink fabric. Numbers are those of nvml.h (13.3).
/// </summary>
/// <param name="State">0 not supported, 1 not started, 2 in progress, 3 completed.</param>
/// <param name="Status">How the registration ended; meaningless before that.</param>
/// <param name="ClusterUuid">Zeros on a fabric of one node.</param>
/// <param name="CliqueId">GPUs with the same one can reach each other.</param>
internal sealed record FabricReading(uint State, NvmlReturn Status, string? ClusterUuid, uint CliqueId)
{
    private const uint NotStarted = 1;
    private const uint InProgress = 2;
    private const uint Completed = 3;
    private const uint Unhealthy = 2;
    private const uint LimitedCapacity = 3;

    // NVML_GPU_FABRIC_HEALTH_MASK: two bits a condition, 1 is true, 2 false, 0 not supported; four bits from bit 8 on
    // say what is wrong with the configuration, where 1 is nothing.
    private const int RouteRecoveryShift = 2;
    private const int RouteUnhealthyShift = 4;
    private const int AccessTimeoutShift = 6;
    private const int ConfigurationShift = 8;
    private const uint ConfigurationMask = 0xF;
    private const uint NoneIncorrect = 1;

    private static readonly ImmutableArray<string> States = ["not supported", "not started", "in progress", "completed"];

    private static readonly ImmutableArray<string> Misconfigurations =
    [
        "", "", "incorrect system GUID", "incorrect chassis serial number", "no partition", "insufficient NVLinks",
        "incompatible GPU firmware", "invalid location", "invalid GPU state",
    ];

    /// <summary>The driver's own summary, since branch 580; 0 before.</summary>
    public uint Summary { get; init; }

    public bool? BandwidthDegraded { get; init; }

    public bool? RouteRecovery { get; init; }

    public bool? RouteUnhealthy { get; init; }

    public bool? AccessTimeoutRecovery { get; init; }

    /// <summary>0 is not supported, 1 none.</summary>
    public uint IncorrectConfiguration { get; init; }

    /// <summary>The GPU belongs to a fabric, whether or not it has joined it.</summary>
    public bool IsSupported => State > 0;

    public bool IsUnfinished => State is NotStarted or InProgress;

    public bool IsCompleted => State == Completed;

    /// <summary>The GPU takes part in the fabric.</summary>
    public bool IsJoined => IsCompleted && Status == NvmlReturn.Success;

    public string StateWord => State < States.Length ? States[(int)State] : Number(State);

    /// <summary>Works, but with less bandwidth than it could have.</summary>
    public bool IsLimited => BandwidthDegraded == true || Summary == LimitedCapacity;

    public bool IsUnhealthy => Summary == Unhealthy || Conditions.Any();

    /// <summary>
    /// What is wrong. Each of these makes NVIDIA's own summary "unhealthy", also where the driver has no summary yet.
    /// </summary>
    public IEnumerable<string> Conditions
    {
        get
        {
            if (IncorrectConfiguration > NoneIncorrect)
            {
                yield return IncorrectConfiguration < Misconfigurations.Length
                    ? Misconfigurations[(int)IncorrectConfiguration]
                    : $"incorrect configuration {Number(IncorrectConfiguration)}";
            }

            if (RouteUnhealthy == true)
            {
                yield return "unhealthy route";
            }

            if (RouteRecovery == true)
            {
                yield return "route recovery in progress";
            }

            if (AccessTimeoutRecovery == true)
            {
                yield return "access timeout recovery in progress";
            }
        }
    }

    /// <summary>With what only costs bandwidth, as a statistic says it.</summary>
    public IEnumerable<string> All => IsLimited ? Conditions.Append("degraded bandwidth") : Conditions;

    /// <summary>Null where it is no number for an attribute.</summary>
    public int? Clique => CliqueId <= int.MaxValue ? (int)CliqueId : null;

    public static FabricReading Of(FabricInfoV info) => new(info.State, info.Status, ClusterOf(info), info.CliqueId)
    {
        Summary = info.HealthSummary,
        BandwidthDegraded = Condition(info.HealthMask, 0),
        RouteRecovery = Condition(info.HealthMask, RouteRecoveryShift),
        RouteUnhealthy = Condition(info.HealthMask, RouteUnhealthyShift),
        AccessTimeoutRecovery = Condition(info.HealthMask, AccessTimeoutShift),
        IncorrectConfiguration = (info.HealthMask >> ConfigurationShift) & ConfigurationMask,
    };

    /// <summary>Null where the scenario has no fabric.</summary>
    public static FabricReading? Of(KeyedValues gpu) => CodeOf(gpu, FabricKeys.State) is { } state
        ? new FabricReading(
            state,
            gpu[FabricKeys.Status] is { } status ? ReturnCodes.ResultOf(status) : NvmlReturn.Success,
            gpu[FabricKeys.ClusterUuid] ?? Guid.Empty.ToString(),
            (uint)(gpu[FabricKeys.Clique] ?? 0))
        {
            Summary = CodeOf(gpu, FabricKeys.Health) ?? 0,
            BandwidthDegraded = gpu[FabricKeys.BandwidthDegraded],
            RouteRecovery = gpu[FabricKeys.RouteRecovery],
            RouteUnhealthy = gpu[FabricKeys.RouteUnhealthy],
            AccessTimeoutRecovery = gpu[FabricKeys.AccessTimeoutRecovery],
            IncorrectConfiguration = (CodeOf(gpu, FabricKeys.IncorrectConfiguration) ?? 0) & ConfigurationMask,
        }
        : null;

    private static unsafe string ClusterOf(FabricInfoV info) =>
        new Guid(new ReadOnlySpan<byte>(info.ClusterUuid, 16), bigEndian: true).ToString();

    private static uint? CodeOf(KeyedValues gpu, WordKey key) => gpu[key] is { } word ? key.CodeOf(word) : null;

    private static bool? Condition(uint mask, int shift) => ((mask >> shift) & 3) switch
    {
        1 => true,
        2 => false,
        _ => null,
    };

    private static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);
}

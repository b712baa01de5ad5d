using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Conditions;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>One enumeration of a made-up node.</summary>
internal sealed class NodeReader(NodeState node, CallFaults calls, GpuJudges judges, TimeSpan now)
{
    // A made-up node never boots while it runs.
    private const string SimulatedBoot = "simulated";
    private const string MigSeparator = " MIG ";

    /// <summary>What the calls took together.</summary>
    public TimeSpan Delay { get; private set; }

    public NodeReport Read()
    {
        var state = DriverStates.Of(node.Driver);
        if (!state.IsLoaded)
        {
            return new NodeReport(state, []);
        }

        foreach (var function in (ReadOnlySpan<string>)["nvmlInit", "nvmlDeviceGetCount"])
        {
            if (FailureOf(function) is { } failure)
            {
                return new NodeReport(failure, []);
            }
        }

        return new NodeReport(ReadDriver(), [.. node.Gpus.SelectMany(ReadGpu)])
        {
            Load = new DriverLoad(SimulatedBoot, node.DriverLoads.ToString(CultureInfo.InvariantCulture)),
        };
    }

    private DriverStatus ReadDriver() => new(DriverState.Loaded)
    {
        Version = Ask("nvmlSystemGetDriverVersion") ? node.Driver[DriverKeys.Version] : null,
        Cuda = Ask("nvmlSystemGetCudaDriverVersion") ? ParseCuda(node.Driver[DriverKeys.CudaVersion]) : null,
        ConfidentialCompute =
            Ask("nvmlSystemGetConfComputeState") ? node.System[SystemKeys.ConfidentialCompute] : null,
    };

    private static CudaVersion? ParseCuda(string? text) =>
        text?.Split('.') is [var major, var minor]
            ? new CudaVersion(
                int.Parse(major, CultureInfo.InvariantCulture), int.Parse(minor, CultureInfo.InvariantCulture))
            : null;

    private IEnumerable<GpuDevice> ReadGpu(NodeGpu gpu)
    {
        var probe = new GpuProbe(gpu, calls, now) { DriverBranch = node.DriverBranch };
        probe.Answers("nvmlDeviceGetHandleByIndex", isRequired: true);
        probe.Answers("nvmlDeviceGetUUID", isRequired: true);
        probe.Answers("nvmlDeviceGetName", isRequired: true);
        var judge = judges.Of(gpu.Uuid);
        var facts = FactsReader.Read(probe, node.System);
        var faults = GpuFaults.Find(probe, judge);
        var unmonitored = probe.ProblemOf("nvmlDeviceGetSupportedEventTypes") ?? probe.ProblemOf("nvmlDeviceRegisterEvents");
        var parent = new GpuDevice
        {
            Uuid = gpu.Uuid,
            Name = PlainText.Name(gpu.Values[IdentityKeys.Name]) ?? FallbackNameOf(gpu),
            Index = gpu.Index,
            PciBusId = gpu.Values[PciKeys.BusId] is { } busId ? PciBusId.Normalize(busId) : null,
            MinorNumber = (int?)probe.Ask("nvmlDeviceGetMinorNumber", IdentityKeys.MinorNumber),
            Facts = judge.Apply(facts),
            Faults = faults,
            RecoveryNeeded = judge.Seen.RecoveryNeeded,
            Notice = judge.Notice,
            Unmonitored = unmonitored,
        };
        var instances = ReadInstances(probe, parent);
        Delay += probe.Delay;
        return [parent, .. instances];
    }

    // As for a real board whose name is no text.
    private static string FallbackNameOf(NodeGpu gpu) => new GpuIdentity
    {
        PciDeviceId = gpu.Values[PciKeys.DeviceId] is { } id ? Convert.ToUInt32(id, 16) : 0,
    }.FallbackName;

    private static ImmutableArray<GpuDevice> ReadInstances(GpuProbe probe, GpuDevice parent) =>
        parent.Facts.MigMode is true && probe.Answers("nvmlDeviceGetMigDeviceHandleByIndex")
            ? [
                .. (probe.Values[MigKeys.Instances] ?? []).OrderBy(instance => instance[MigInstanceKeys.Slot])
                    .Select(instance => ReadInstance(instance, parent)),
            ]
            : [];

    private static GpuDevice ReadInstance(KeyedValues instance, GpuDevice parent)
    {
        var name = instance[MigInstanceKeys.Name]!;
        var profile = name.LastIndexOf(MigSeparator, StringComparison.Ordinal);
        return parent with
        {
            Uuid = instance[MigInstanceKeys.Uuid]!,
            Name = name,
            Facts = FactsReader.ReadInstance(instance, parent.Facts),

            // They are its parent's, and told with it.
            Faults = [],
            Notice = null,
            Mig = new MigInstance(
                parent.Uuid,
                (int)instance[MigInstanceKeys.GpuInstance]!,
                (int)instance[MigInstanceKeys.ComputeInstance]!,
                profile < 0 ? name : name[(profile + MigSeparator.Length)..])
            {
                Slot = (int?)instance[MigInstanceKeys.Slot],
                GpuSlices = (int?)instance[MigInstanceKeys.GpuSlices],
                ComputeSlices = (int?)instance[MigInstanceKeys.ComputeSlices],
            },
        };
    }

    private bool Ask(string function) => FailureOf(function) is null;

    private DriverStatus? FailureOf(string function)
    {
        var outcome = calls.Decide(function, null, now);
        Delay += outcome.Delay;
        return outcome.Hangs ? new DriverStatus(DriverState.Failed, $"{function} did not return.")
            : outcome.Code is { } code ? DriverStates.OfCode(function, code)
            : null;
    }
}

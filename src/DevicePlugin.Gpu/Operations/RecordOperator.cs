using System.Collections.Immutable;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Gpu.Operations;

/// <summary>Does what an operator asks for to the records of a plugin that does not run, which the next one takes up.</summary>
/// <param name="cordons">The record of cordons.</param>
/// <param name="health">The record of causes.</param>
/// <param name="logEnd">The last line that the kernel log had when it was asked for; null where that is not known.</param>
/// <param name="policy">What the configuration says about causes.</param>
public sealed class RecordOperator(CordonStore cordons, HealthStore health, KernelLogPosition? logEnd, HealthPolicy policy)
{
    private const string Unknown = "unknown";

    /// <param name="request">What is asked for.</param>
    /// <param name="devices">The GPUs that may be named.</param>
    public OperatorAnswer Do(OperatorRequest request, IEnumerable<GpuDevice> devices)
    {
        var record = cordons.Load();
        if (record.Problem is { } unreadable)
        {
            return OperatorAnswer.Refusal(unreadable);
        }

        var names = new GpuNames(devices, record, health.Load().Causes.Select(cause => cause.Gpu));
        if (GpuOperator.Choose(names, request, out var problem) is not { } gpus)
        {
            return OperatorAnswer.Refusal(problem);
        }

        return request.Verb switch
        {
            OperatorVerb.Cordon => Change(gpus, record, gpus.Aggregate(
                record, (changed, gpu) => changed.With(gpu, GpuOperator.CordonOf(gpu, names, changed, request)))),
            OperatorVerb.Uncordon => Change(gpus, record, GpuOperator.Lift(record, gpus)),
            OperatorVerb.ClearHealth => Clear(gpus, record),
            _ => Describe(gpus, record, health.Load(), _ => null),
        };
    }

    private OperatorAnswer Change(ImmutableArray<GpuDevice> gpus, CordonRecord before, CordonRecord now) =>
        cordons.Save(now) is { } problem
            ? OperatorAnswer.Refusal(problem)
            : Describe(gpus, now, health.Load(), gpu => GpuOperator.Compare(gpu, before, now));

    private OperatorAnswer Clear(ImmutableArray<GpuDevice> gpus, CordonRecord record)
    {
        var before = health.Load();
        var uuids = gpus.Select(gpu => gpu.Uuid).ToHashSet(StringComparer.Ordinal);
        var now = before with
        {
            Causes = before.Causes.RemoveAll(cause => uuids.Contains(cause.Gpu) && IsClearable(cause)),
            Flaps = before.Flaps.RemoveAll(flap => uuids.Contains(flap.Gpu)),
            Clears =
            [
                .. before.Clears.RemoveAll(clear => uuids.Contains(clear.Gpu)),
                .. logEnd is null ? [] : gpus.Select(gpu => new RememberedClear(gpu.Uuid, logEnd)),
            ],
        };
        if (!health.Save(now))
        {
            return OperatorAnswer.Refusal("the record of causes could not be written; nothing is cleared");
        }

        return Describe(gpus, record, now, gpu => Tell(
            CausesOf(before, gpu).Where(cause => !CausesOf(now, gpu).Contains(cause)).ToList()));
    }

    private static bool IsClearable(RememberedCause cause) => cause.Xid is not null || cause.OverSince is not null;

    private static string? Tell(List<CauseReport> ended) =>
        ended.Count == 0 ? null : "cleared: " + string.Join("; ", ended.Select(cause => cause.Text));

    private IEnumerable<CauseReport> CausesOf(HealthMemory memory, GpuDevice gpu) =>
        from cause in memory.Causes
        where cause.Gpu == gpu.Uuid
        select CauseReport.Of(cause) with { IsWithheld = policy.Withholds(cause) };

    private OperatorAnswer Describe(
        ImmutableArray<GpuDevice> gpus, CordonRecord record, HealthMemory memory, Func<GpuDevice, string?> doneTo) =>
        new(null,
        [
            .. gpus.Select(gpu => GpuOperator.Identify(gpu, Unknown, [.. CausesOf(memory, gpu)]) with
            {
                Cordon = record.Find(gpu), Done = doneTo(gpu),
            }),
        ])
        {
            Exceptions = policy.Exceptions,
        };
}

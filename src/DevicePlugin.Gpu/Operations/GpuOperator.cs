using System.Collections.Immutable;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Operations;

/// <summary>Does to the GPUs of a plugin that runs what an operator asks for.</summary>
public sealed class GpuOperator(InventoryMonitor monitor, TimeProvider timeProvider)
{
    /// <summary>How long a clear waits for a probe, so that it can say what came back.</summary>
    public static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(6);

    /// <summary>What the reset of a GPU needs besides.</summary>
    public ResetParts Resets { get; init; } = ResetParts.None;

    /// <summary>Reads the cordons again: an operator may have edited them, or another process written them.</summary>
    /// <param name="mayWrite">Whether they are this process's to write.</param>
    public void Reload(bool mayWrite)
    {
        if (monitor.Cordons.Reload(mayWrite))
        {
            monitor.PublishAgain();
        }

        NewResets().Watch();
    }

    public async Task<OperatorAnswer> DoAsync(OperatorRequest request, CancellationToken cancellationToken)
    {
        // A plugin that has just started does not know its GPUs yet. What ends a reset, it must know before it can read them.
        if (monitor.KnownDevices.IsEmpty && !await ProbeAsync(cancellationToken).ConfigureAwait(false)
            && monitor.KnownDevices.IsEmpty && request.Verb is not (OperatorVerb.BeginReset or OperatorVerb.EndReset))
        {
            return OperatorAnswer.Refusal(monitor.Lending.Current is { } loan
                ? ResetOperator.Tell(loan)
                : "the plugin has not read the GPUs yet; nothing was done, try again");
        }

        var names = new GpuNames(monitor.KnownDevices, monitor.Cordons.Record, monitor.Health.SickGpus);
        if (Choose(names, request, out var problem) is not { } gpus)
        {
            return OperatorAnswer.Refusal(problem);
        }

        return request.Verb switch
        {
            OperatorVerb.Cordon => Change(gpus, names, record => gpus.Aggregate(
                record, (changed, gpu) => changed.With(gpu, CordonOf(gpu, names, changed, request)))),
            OperatorVerb.Uncordon => Uncordon(gpus, names),
            OperatorVerb.ClearHealth => await ClearAsync(gpus, request, cancellationToken).ConfigureAwait(false),
            OperatorVerb.CheckReset or OperatorVerb.BeginReset or OperatorVerb.EndReset =>
                await ResetAsync(gpus, names, request, cancellationToken).ConfigureAwait(false),
            _ => Describe(gpus, _ => null),
        };
    }

    internal static ImmutableArray<GpuDevice>? Choose(GpuNames names, OperatorRequest request, out string problem)
    {
        problem = "";
        if (request.IsForAll && request.Verb is OperatorVerb.ListHealth or OperatorVerb.ClearHealth)
        {
            return names.All;
        }

        var gpus = ImmutableArray.CreateBuilder<GpuDevice>();
        foreach (var name in request.Gpus)
        {
            if (names.Find(name, out problem) is not { } gpu)
            {
                return null;
            }

            gpus.Add(gpu);
        }

        return [.. gpus.DistinctBy(gpu => gpu.Uuid)];
    }

    /// <summary>A GPU that is cordoned already keeps its date.</summary>
    internal static Cordon CordonOf(GpuDevice gpu, GpuNames names, CordonRecord record, OperatorRequest request)
    {
        var since = record.Find(gpu)?.Since ?? request.Written;
        return new Cordon(gpu.Uuid, request.Reason, request.By, since) { BoardSerial = names.OwnSerialOf(gpu) };
    }

    internal static CordonRecord Lift(CordonRecord record, IEnumerable<GpuDevice> gpus) => gpus.Aggregate(
        record, (changed, gpu) => changed.Without(gpu));

    /// <summary>What a change did to one GPU; null when nothing.</summary>
    internal static string? Compare(GpuDevice gpu, CordonRecord before, CordonRecord now) => (before.Find(gpu), now.Find(gpu)) switch
    {
        (null, { } cordon) => cordon.Text,
        ({ } cordon, null) => $"uncordoned; it was {cordon.Text}",
        ({ } old, { } cordon) when old != cordon => $"{cordon.Text}; the reason was: {old.Reason}",
        _ => null,
    };

    // It would be offered, and given to a task, in the middle of its reset.
    private OperatorAnswer Uncordon(ImmutableArray<GpuDevice> gpus, GpuNames names) =>
        monitor.Lending.Current is { } loan && gpus.Any(gpu => gpu.PhysicalUuid == loan.Gpu)
            ? OperatorAnswer.Refusal(ResetOperator.Tell(loan))
            : Change(gpus, names, record => Lift(record, gpus));

    private ResetOperator NewResets() => new(this, monitor, Resets, timeProvider);

    private async Task<OperatorAnswer> ResetAsync(
        ImmutableArray<GpuDevice> gpus, GpuNames names, OperatorRequest request, CancellationToken cancellationToken) =>
        (gpus, request.Verb) switch
        {
            ([var gpu], OperatorVerb.CheckReset) => NewResets().Check(gpu),
            ([var gpu], OperatorVerb.BeginReset) =>
                await NewResets().BeginAsync(gpu, names, request, cancellationToken).ConfigureAwait(false),
            ([var gpu], _) => await NewResets().EndAsync(gpu, request, cancellationToken).ConfigureAwait(false),
            _ => OperatorAnswer.Refusal("one GPU is reset at a time"),
        };

    private OperatorAnswer Change(
        ImmutableArray<GpuDevice> gpus, GpuNames names, Func<CordonRecord, CordonRecord> change)
    {
        var before = monitor.Cordons.Record;
        if (monitor.Cordons.Change(change) is { } problem)
        {
            return OperatorAnswer.Refusal(problem);
        }

        var now = monitor.Cordons.Record;
        monitor.PublishAgain();
        return Describe(gpus, gpu => Compare(gpu, before, now));
    }

    private async Task<OperatorAnswer> ClearAsync(
        ImmutableArray<GpuDevice> gpus, OperatorRequest request, CancellationToken cancellationToken)
    {
        var ended = gpus.ToDictionary(gpu => gpu.Uuid, gpu => monitor.Health.Clear(gpu.Uuid), StringComparer.Ordinal);
        var isKept = monitor.HealthKeeper.Save();
        var isProbed = await ProbeAsync(cancellationToken).ConfigureAwait(false);
        return Describe(gpus, gpu => Tell(ended[gpu.Uuid], monitor.Health.CausesOf(gpu.Uuid), isProbed, isKept));
    }

    /// <summary>False when no probe ended in time: a call may hang, or the driver is not to be touched.</summary>
    internal async Task<bool> ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await monitor.RefreshAsync().WaitAsync(ProbeLimit, timeProvider, cancellationToken).ConfigureAwait(false);
            return monitor.Current.Driver.IsLoaded && monitor.Lending.Current is null;
        }
        catch (TimeoutException)
        {
            monitor.PublishAgain();
            return false;
        }
    }

    private string? Tell(
        ImmutableArray<CauseReport> ended, ImmutableArray<CauseReport> left, bool isProbed, bool isKept)
    {
        var told = new List<string>();
        if (!ended.IsEmpty)
        {
            told.Add("cleared: " + string.Join("; ", ended.Select(cause => cause.Text)));
        }

        if (!left.IsEmpty)
        {
            told.Add("still there: " + string.Join("; ", left.Select(cause => cause.Text)));
        }

        if (!ended.IsEmpty && !isProbed)
        {
            told.Add(monitor.Current.Driver.IsLoaded
                ? $"no probe ended within {ProbeLimit.TotalSeconds:0} s, what it still sees comes back"
                : "the driver is not in use, what the next probe still sees comes back");
        }

        if (!ended.IsEmpty && !isKept)
        {
            told.Add("the record could not be written: after a restart of the plugin, it is all back");
        }

        return told.Count == 0 ? null : string.Join(". ", told);
    }

    internal OperatorAnswer Describe(ImmutableArray<GpuDevice> gpus, Func<GpuDevice, string?> doneTo)
    {
        var inventory = monitor.Current;
        var record = monitor.Cordons.Record;
        return new OperatorAnswer(null, [.. gpus.Select(gpu => Describe(gpu, inventory, record) with { Done = doneTo(gpu) })])
        {
            Exceptions = monitor.HealthExceptions,
        };
    }

    private GpuCondition Describe(GpuDevice gpu, Inventory inventory, CordonRecord record)
    {
        var offered = inventory.Physical.Where(device => device.Gpu.PhysicalUuid == gpu.Uuid).ToList();
        var worst = offered.MinBy(device => device.Health.State switch
        {
            HealthState.Unhealthy => 0,
            HealthState.Reported => 1,
            HealthState.Unmonitored => 2,
            _ => 3,
        });
        return Identify(gpu, StateOf(worst), monitor.Health.CausesOf(gpu.Uuid)) with
        {
            Cordon = record.Find(gpu),
            Description = worst?.Health.Description ?? "",
            Words = [.. offered.SelectMany(device => device.Health.Labels).Select(label => label.Word).Distinct()],
        };
    }

    internal static GpuCondition Identify(GpuDevice gpu, string state, ImmutableArray<CauseReport> causes) =>
        new(gpu.Uuid, state, causes)
        {
            Name = gpu.Name.Length > 0 ? gpu.Name : null,
            Index = gpu.Index >= 0 ? gpu.Index : null,
            PciBusId = gpu.PciBusId,
            BoardSerial = gpu.Facts.BoardSerial,
        };

    private static string StateOf(InventoryDevice? worst) =>
        worst is null ? "not offered" : HealthStateWord.Of(worst.Health.State);
}

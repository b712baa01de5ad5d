using System.Globalization;
using DevicePlugin.Gpu.Inventories;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DevicePlugin.Gpu.Operations;

/// <summary>What the reset of a GPU needs besides the monitor.</summary>
/// <param name="OwnId">The process of the monitor.</param>
/// <param name="IsResetting">Whether a process that resets a GPU still runs, or the tool that it started for it.</param>
/// <param name="Logger">Has a line for each reset, and for each that was not finished.</param>
public sealed record ResetParts(int OwnId, Func<ResetProcess, bool> IsResetting, ILogger Logger)
{
    public static readonly ResetParts None = new(0, _ => true, NullLogger.Instance);
}

/// <summary>
/// The monitor's part in the reset of a GPU, which another process does: the GPU is cordoned, the driver is lent to that
/// process, and taken back when it says so, ends, or takes too long. In between, everything that was offered stays offered.
/// </summary>
internal sealed class ResetOperator(
    GpuOperator gpus, InventoryMonitor monitor, ResetParts parts, TimeProvider timeProvider)
{
    // The client waits a little longer, and asks again.
    internal static readonly TimeSpan ReleaseLimit = TimeSpan.FromSeconds(7);

    public static string Tell(DriverLoan loan) => $"{loan.Text}; try again when that is over";

    public OperatorAnswer Check(GpuDevice gpu) => FindFault(gpu) is { } fault
        ? OperatorAnswer.Refusal(fault)
        : Answer(gpu, done: null);

    public async Task<OperatorAnswer> BeginAsync(
        GpuDevice gpu, GpuNames names, OperatorRequest request, CancellationToken cancellationToken)
    {
        var loan = LoanOf(gpu, request);
        var current = monitor.Lending.Current;
        if (current?.IsSameAs(loan) != true && FindFault(gpu) is { } fault)
        {
            return OperatorAnswer.Refusal(fault);
        }

        var serial = names.OwnSerialOf(gpu);
        var before = monitor.Cordons.Record;
        if (monitor.Cordons.Change(record => ResetCordon.Set(record, gpu, request, serial)) is { } problem)
        {
            return OperatorAnswer.Refusal(problem);
        }

        monitor.PublishAgain();
        if (monitor.Lending.TryLend(loan) is not { } released)
        {
            return OperatorAnswer.Refusal("another GPU is being reset; try again when that is over");
        }

        var done = GpuOperator.Compare(gpu, before, monitor.Cordons.Record);
        monitor.RefreshSoon();
        var isReleased = await IsDoneAsync(released, cancellationToken).ConfigureAwait(false);
        return Answer(gpu, done, state => state with { IsReleased = isReleased });
    }

    public async Task<OperatorAnswer> EndAsync(GpuDevice gpu, OperatorRequest request, CancellationToken cancellationToken)
    {
        var loan = LoanOf(gpu, request);
        if (!request.IsRepeated && request.Outcome == ResetOutcome.Done && !monitor.Lending.HasTakenBack(loan))
        {
            // Before the driver is opened: what happens from then on is not covered by it. A request whose answer came too late
            // is made again as if it were the first.
            monitor.Health.DeclareReset(uuid => uuid == gpu.Uuid);
            parts.Logger.GpuWasReset(gpu.Uuid);
        }

        monitor.Lending.TakeBack(loan);
        var isFit = await gpus.ProbeAsync(cancellationToken).ConfigureAwait(false) && IsFit(gpu);
        var before = monitor.Cordons.Record;
        if (monitor.Cordons.Change(record => ResetCordon.End(record, gpu, request.Outcome, isFit, request.Reason)) is { } problem)
        {
            return OperatorAnswer.Refusal(problem);
        }

        monitor.PublishAgain();
        return Answer(
            gpu, GpuOperator.Compare(gpu, before, monitor.Cordons.Record), state => state with { IsFit = isFit });
    }

    /// <summary>Takes the driver back from a process that is gone or takes too long; the GPU stays cordoned.</summary>
    public void Watch()
    {
        if (monitor.Lending.FindOverdue() is not var (loan, reason) || !monitor.Lending.TakeBack(loan))
        {
            return;
        }

        parts.Logger.DriverTakenBack(loan.Gpu, loan.To, reason);
        if (new GpuNames(monitor.KnownDevices, monitor.Cordons.Record, []).Find(loan.Gpu, out _) is { } gpu)
        {
            monitor.Cordons.Change(record => ResetCordon.End(
                record, gpu, ResetOutcome.Failed, isFit: false, $"{loan.To} did not finish it, because {reason}"));
        }

        monitor.PublishAgain();
        monitor.RefreshSoon();
    }

    private DriverLoan LoanOf(GpuDevice gpu, OperatorRequest request)
    {
        var process = request.Process ?? default;
        return new DriverLoan(
            gpu.Uuid, ResetCordon.NameOf(process), request.Limit,
            () => parts.IsResetting(process));
    }

    private List<GpuDevice> ListedOf(GpuDevice gpu) =>
        [.. (monitor.Report?.Devices ?? []).Where(device => device.PhysicalUuid == gpu.Uuid)];

    /// <summary>Why the GPU is not to be reset; null when it may be.</summary>
    private string? FindFault(GpuDevice gpu) => FindFaultOfNode() ?? FindFaultOf(gpu);

    private string? FindFaultOfNode()
    {
        if (monitor.Lending.Current is { } loan)
        {
            return Tell(loan);
        }

        var inventory = monitor.Current;
        if (inventory.IsSimulated)
        {
            return "the GPUs are simulated; only a real GPU can be reset";
        }

        if (inventory.Driver.State == DriverState.Maintenance)
        {
            return "the node is under maintenance, so the driver is not in use here: remove the maintenance file first, or run "
                + "nvidia-smi --gpu-reset yourself and write the line \"reset GPU-...\" into the file";
        }

        return inventory.Driver.IsLoaded ? null : $"the driver cannot be used: {inventory.Driver.Reason}";
    }

    private string? FindFaultOf(GpuDevice gpu)
    {
        var listed = ListedOf(gpu);
        if (listed.Count == 0 || gpu.PciBusId is null)
        {
            return $"the driver does not list \"{gpu.Uuid}\" now; a GPU that has fallen off the bus needs a power cycle of the node";
        }

        if (listed[0].MinorNumber is null)
        {
            return $"the driver reports no minor number for \"{gpu.Uuid}\", so that it cannot be seen who has it open";
        }

        var instances = listed.Count(device => device.Mig is not null);
        return instances == 0 ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"it has {instances} MIG instances, which must be removed first: nvidia-smi mig -i {gpu.PciBusId} -dci && nvidia-smi mig -i {gpu.PciBusId} -dgi");
    }

    /// <summary>Nothing is wrong with it but its cordon, whatever the configuration makes of causes.</summary>
    private bool IsFit(GpuDevice gpu) =>
        monitor.Report is { } report && !report.Unread.Contains(gpu.Uuid) && ListedOf(gpu).Count > 0
        && monitor.Health.CausesOf(gpu.Uuid).IsEmpty
        && monitor.Current.Physical.Where(device => device.Gpu.PhysicalUuid == gpu.Uuid)
            .SelectMany(device => device.Health.Labels).All(label => label.Word == Health.CauseWord.Cordoned);

    private async Task<bool> IsDoneAsync(Task task, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(ReleaseLimit, timeProvider, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private OperatorAnswer Answer(GpuDevice gpu, string? done, Func<ResetState, ResetState>? with = null)
    {
        var state = new ResetState(parts.OwnId, ListedOf(gpu).Select(device => device.MinorNumber).FirstOrDefault());
        return gpus.Describe([gpu], _ => done) with { Reset = with?.Invoke(state) ?? state };
    }
}

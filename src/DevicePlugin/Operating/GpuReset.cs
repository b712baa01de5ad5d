using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.Resets;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Operating;

/// <summary>What an operator wants reset.</summary>
/// <param name="Gpu">As the operator named it.</param>
/// <param name="Limit">How long the driver may take, both attempts together.</param>
/// <param name="IsDryRun">Whether the checks alone are made.</param>
internal sealed record ResetOptions(string Gpu, TimeSpan Limit, bool IsDryRun);

/// <summary>
/// Resets a GPU: checks, cordon, release of the driver, nvidia-smi, probe. Whatever ends it early, also a kill, leaves the GPU
/// cordoned, and the plugin takes its driver back.
/// </summary>
/// <param name="config">Of the node.</param>
/// <param name="options">What is wanted.</param>
/// <param name="ask">Does the plugin's part.</param>
/// <param name="tell">Hears of each step when it is done.</param>
/// <param name="timeProvider">Measures the limits.</param>
internal sealed class GpuReset(
    PluginConfig config, ResetOptions options, Func<OperatorRequest, CancellationToken, Task<OperatorAnswer>> ask,
    Action<ResetStep> tell, TimeProvider timeProvider)
{
    // For the steps around the tool.
    private static readonly TimeSpan LoanMargin = TimeSpan.FromMinutes(1);

    /// <summary>The most that the driver may be given for a reset.</summary>
    public static readonly TimeSpan MostLimit = OperatorRequest.LongestLoan - LoanMargin;

    private const int MostAttempts = 2;

    private static readonly TimeSpan ReleaseLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AttemptPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ProbePause = TimeSpan.FromSeconds(1);

    // An XID is a cause for 30 s at least.
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(45);

    // A plugin that died meanwhile is started again by Nomad.
    private static readonly TimeSpan RestartLimit = TimeSpan.FromSeconds(20);

    // Everything else the driver tells at once, or after the seconds in which a GPU comes up again.
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(10);

    private readonly ResetTool _tool = new(config.DriverRoot, timeProvider);
    private readonly GpuHolders _holders = new(config.ProcRoot, config.DevRoot, new DriverTools(config.DriverRoot));
    private readonly List<ResetStep> _steps = [];
    private string _gpu = options.Gpu;
    private int _attempts;

    public async Task<ResetReport> RunAsync(CancellationToken cancellationToken)
    {
        var check = await ask(RequestOf(OperatorVerb.CheckReset), cancellationToken);
        if (check is not { Problem: null, Gpus: [var gpu], Reset: { MinorNumber: { } minor } state })
        {
            return Report(check.Problem ?? "the plugin that serves is of another version and cannot reset a GPU", check);
        }

        // From here on the index or the address may be another GPU's.
        _gpu = gpu.Uuid;
        Tell("gpu", $"{gpu.Uuid}: {gpu.Name ?? "unknown model"}, index {gpu.Index}, {gpu.PciBusId}");
        var holders = _holders.Find(minor, except: state.ProcessId);
        var faults = new[] { _tool.FindFault(), FaultOf(holders) }.OfType<string>().ToList();
        if (faults.Count > 0)
        {
            return Report(string.Join(". ", faults), check) with { Holders = holders };
        }

        Tell("check", $"it has no MIG instances, and no process but {NameOf(state)} has it open");
        if (options.IsDryRun)
        {
            Plan(gpu);
            return Report(null, check);
        }

        return await RunAsync(gpu, minor, cancellationToken);
    }

    private async Task<ResetReport> RunAsync(GpuCondition gpu, int minor, CancellationToken cancellationToken)
    {
        var begun = await BeginAsync(cancellationToken);
        if (begun.Problem is not null)
        {
            return Report(begun.Problem, begun);
        }

        ResetResult? result = null;
        var problem = "it was interrupted";
        var outcome = ResetOutcome.Failed;
        try
        {
            if (await FindObstacleAsync(begun.Reset!, minor, cancellationToken) is { } obstacle)
            {
                (problem, outcome) = (obstacle, ResetOutcome.NotTried);
            }
            else
            {
                result = await ResetAsync(gpu.PciBusId!, cancellationToken);
                problem = result.Advice.Length > 0 ? $"{result.Text}; {result.Advice}" : result.Text;
                outcome = result.Failure is null ? ResetOutcome.Done : ResetOutcome.Failed;
            }
        }
        catch (OperationCanceledException)
        {
            // An operator who interrupts does not say that the GPU is fit. Said first: there may be no time for an answer.
            Tell("end", "it was interrupted: the GPU stays cordoned, and the driver is opened again");
            await EndAsync(outcome, problem, CancellationToken.None);
            throw;
        }

        var reason = outcome == ResetOutcome.Done ? "done, and it has not passed a probe" : result?.Text ?? problem;
        var end = await EndAsync(outcome, reason, cancellationToken);
        return Conclude(end, outcome, problem);
    }

    private void Plan(GpuCondition gpu)
    {
        Tell("cordon", gpu.Cordon is { } cordon ? $"would be kept: {cordon.Text}" : "the GPU would be cordoned");
        Tell("release", "the driver would be closed; the other GPUs stay offered as they are");
        Tell("reset", $"would run: {ResetTool.CommandOf(gpu.PciBusId!)}");
        Tell("probe", "the driver would be opened again, and the GPU would be uncordoned only if it is healthy");
    }

    private async Task<OperatorAnswer> BeginAsync(CancellationToken cancellationToken)
    {
        var began = timeProvider.GetTimestamp();
        var request = RequestOf(OperatorVerb.BeginReset);
        var answer = await ask(request, cancellationToken);
        if (answer.Problem is null)
        {
            Tell("cordon", answer.Gpus[0].Done ?? answer.Gpus[0].Cordon?.Text ?? "cordoned");
        }

        while (answer is { Problem: null, Reset.IsReleased: false } && timeProvider.GetElapsedTime(began) < ReleaseLimit)
        {
            answer = await ask(request with { IsRepeated = true }, cancellationToken);
        }

        return answer;
    }

    /// <summary>Why the GPU is not free yet, although the driver should be closed; null when it is.</summary>
    private async Task<string?> FindObstacleAsync(ResetState state, int minor, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetTimestamp();
        ImmutableArray<GpuHolder> holders;
        while ((holders = _holders.Find(minor, except: 0)).Length > 0 && timeProvider.GetElapsedTime(began) < CloseLimit)
        {
            await Task.Delay(Poll, timeProvider, cancellationToken);
        }

        if (holders.IsEmpty && state.IsReleased)
        {
            Tell("release", "the driver is closed, and nobody has the GPU open");
            return null;
        }

        return FaultOf(_holders.Find(minor, except: state.ProcessId))
            ?? $"{NameOf(state)} has not closed the driver, because a call into it hangs: stop the agent and run the command again";
    }

    private async Task<ResetResult> ResetAsync(string address, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetTimestamp();
        while (true)
        {
            _attempts++;
            var result = await _tool.RunAsync(address, options.Limit - timeProvider.GetElapsedTime(began), cancellationToken);
            Tell("reset", result.Text);
            if (!result.IsWorthRetrying || _attempts == MostAttempts
                || timeProvider.GetElapsedTime(began) + AttemptPause >= options.Limit)
            {
                return result;
            }

            await Task.Delay(AttemptPause, timeProvider, cancellationToken);
        }
    }

    /// <summary>Gives the driver back, and waits for a verdict on a GPU that was reset.</summary>
    private async Task<OperatorAnswer> EndAsync(ResetOutcome outcome, string reason, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetTimestamp();
        var request = RequestOf(OperatorVerb.EndReset) with { Outcome = outcome, Reason = reason };
        while (true)
        {
            var answer = await ask(request, cancellationToken);
            var isOver = answer.Problem is null && (outcome != ResetOutcome.Done || answer.Reset is { IsFit: true });
            var wait = answer.Problem is not null ? RestartLimit
                : answer.Gpus[0].Causes.Any(cause => cause.Xid is not null) ? ProbeLimit
                : SettleLimit;
            if (isOver || timeProvider.GetElapsedTime(began) >= wait)
            {
                return answer;
            }

            request = request with { IsRepeated = answer.Problem is null };
            await Task.Delay(ProbePause, timeProvider, cancellationToken);
        }
    }

    private ResetReport Conclude(OperatorAnswer end, ResetOutcome outcome, string problem)
    {
        var wasReset = outcome == ResetOutcome.Done;
        if (end.Problem is not null)
        {
            var was = wasReset ? "the GPU was reset" : problem;
            return Report($"{was}. It stays cordoned, because {end.Problem}", end) with { WasReset = wasReset };
        }

        var gpu = end.Gpus[0];
        var stays = gpu.Cordon is { } cordon ? $"It stays {cordon.Text}" : "It is not cordoned, as before";
        if (!wasReset)
        {
            return Report($"{problem}. {stays}", end);
        }

        if (end.Reset is not { IsFit: true })
        {
            var why = gpu.Causes.IsEmpty ? gpu.Description : string.Join("; ", gpu.Causes.Select(cause => $"{cause.Text}; {cause.Advice}"));
            return Report($"the GPU was reset and is not healthy: {why}. {stays}", end) with { WasReset = true };
        }

        Tell("probe", gpu.Cordon is null ? "healthy, and in service again" : $"healthy. {stays}");
        return Report(null, end) with { WasReset = true };
    }

    private string? FaultOf(ImmutableArray<GpuHolder> holders)
    {
        if (holders.IsEmpty)
        {
            return null;
        }

        var text = $"{(holders.Length == 1 ? "a process has" : $"{holders.Length} processes have")} the GPU open: {string.Join(", ", holders)}";
        return holders.Any(holder => holder.IsPersistenceDaemon)
            ? $"{text}; nvidia-persistenced lets go of it with \"nvidia-smi -i {_gpu} -pm 0\", and takes it again with \"-pm 1\""
            : $"{text}; cordon the GPU, and wait until they have ended or stop them";
    }

    private static string NameOf(ResetState state) => state.ProcessId == Environment.ProcessId
        ? "this command"
        : string.Create(CultureInfo.InvariantCulture, $"the plugin (process {state.ProcessId})");

    private OperatorRequest RequestOf(OperatorVerb verb) => new(verb, [_gpu], OperatorDesk.Caller, timeProvider.GetUtcNow())
    {
        Process = ResetTool.ThisProcess, Limit = options.Limit + LoanMargin,
    };

    private void Tell(string name, string text)
    {
        var step = new ResetStep(name, text);
        _steps.Add(step);
        tell(step);
    }

    private ResetReport Report(string? problem, OperatorAnswer answer) => new(problem)
    {
        Gpu = answer.Gpus is [var gpu] ? gpu.Uuid : _gpu != options.Gpu ? _gpu : null,
        IsDryRun = options.IsDryRun,
        Attempts = _attempts,
        Cordon = answer.Gpus is [{ Cordon: { } cordon }] ? cordon.Text : null,
        Steps = [.. _steps],
    };
}

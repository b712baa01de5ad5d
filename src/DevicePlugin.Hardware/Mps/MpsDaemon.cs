using DevicePlugin.Hardware.Tools;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Mps;

/// <summary>
/// The daemon of one sharing block: started, taken up from an earlier process, restarted when it dies, and never ended
/// while it has clients. What cannot be done now is done by a later call.
/// </summary>
internal sealed class MpsDaemon(
    MpsTool tool, ExclusiveModes modes, MpsEnd end, MpsFile file, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>A daemon that did not answer so often in a row is given up.</summary>
    private const int MostSilences = 3;

    private readonly Backoff _starts = new(
        TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10), timeProvider);

    private string? _failure;
    private string? _limits;
    private bool _isTaken;
    private int _silences;

    /// <summary>How long until there is something to do before anybody asks; null when there is not.</summary>
    public TimeSpan? NextTry => _failure is null ? null : _starts.Left;

    /// <summary>Does what is to be done now.</summary>
    /// <param name="block">What is wanted.</param>
    /// <param name="plan">Which GPUs there are besides.</param>
    /// <param name="findings">Gets what is wrong.</param>
    /// <param name="cancellationToken">The end of the process.</param>
    public async Task AttendAsync(
        MpsBlock block, MpsPlan plan, MpsFindings findings, CancellationToken cancellationToken)
    {
        if (tool.ControlOf(block.PipeDirectory, block.LogDirectory, out var problem) is not { } control)
        {
            findings.Add(block, problem);
            return;
        }

        var reply = await control.PingAsync(cancellationToken).ConfigureAwait(false);
        if (reply.State == MpsState.Answers)
        {
            _silences = 0;
            await KeepAsync(block, plan, control, findings, cancellationToken).ConfigureAwait(false);
        }
        else if (reply.State == MpsState.Unasked)
        {
            findings.Add(block, $"{MpsTool.Name} cannot be run: {reply.Problem}");
        }
        else if (FindProcess(block) is { } process)
        {
            _silences++;
            findings.Add(block, $"the MPS control daemon does not answer (process {process.Id}, {reply.Problem})");
            GiveUp(block, process);
        }
        else
        {
            NoticeDeath(block);
            await StartAsync(block, control, findings, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task KeepAsync(
        MpsBlock block, MpsPlan plan, MpsControl control, MpsFindings findings, CancellationToken cancellationToken)
    {
        var record = Take(block);
        await modes.SetAsync(block, findings, cancellationToken).ConfigureAwait(false);
        var surplus = Surplus(record, block, plan);
        if (surplus.Count > 0 || block.Gpus.Any(gpu => !record.Covers(gpu.Uuid)))
        {
            await ReplaceAsync(record, surplus, block, control, findings, cancellationToken).ConfigureAwait(false);
            return;
        }

        await LimitAsync(block, record, control, findings, cancellationToken).ConfigureAwait(false);
        _failure = null;
        MpsLog.Cut(block.LogDirectory, logger);
    }

    /// <summary>The record of a daemon that runs: ours, an earlier process's, or made up when that was lost.</summary>
    private MpsRecord Take(MpsBlock block)
    {
        var record = file.Find(block.Number);
        if (_isTaken && record is { Process: null or { IsRunning: true } })
        {
            return record;
        }

        if (record is null)
        {
            // Exclusive is what we set, and the driver's own default is what was most likely before.
            logger.MpsRecordMissing(block.Number);
            record = new MpsRecord(
                block.Number, null, block.PipeDirectory, block.LogDirectory,
                [.. block.Gpus.Select(gpu => new MpsRecordedGpu(gpu.Uuid, "default"))]);
        }

        record = record with { Process = MpsEnd.RunningOf(record) };
        file.Put(record);
        _isTaken = true;
        logger.MpsDaemonTaken(block.Number, record.Process?.Id, block.PipeDirectory);
        return record;
    }

    private async Task StartAsync(
        MpsBlock block, MpsControl control, MpsFindings findings, CancellationToken cancellationToken)
    {
        if (block.Gpus.IsEmpty || !_starts.IsOver)
        {
            findings.Add(block, _failure ?? "the MPS control daemon does not run");
            return;
        }

        // Known before anything is changed: the process may end at any moment.
        var record = RecordOf(block);
        file.Put(record);
        await modes.SetAsync(block, findings, cancellationToken).ConfigureAwait(false);
        var failure = await MpsLaunch.RunAsync(block, control, timeProvider, cancellationToken).ConfigureAwait(false);
        if (failure is not null)
        {
            findings.Add(block, failure);
            Fail(block, failure);
            return;
        }

        record = record with { Process = MpsProcesses.Find(block.PipeDirectory) };
        file.Put(record);
        _isTaken = true;
        _limits = null;
        _failure = null;
        logger.MpsDaemonStarted(block.Number, record.Process?.Id, block.Gpus.Length, block.PipeDirectory);
        await LimitAsync(block, record, control, findings, cancellationToken).ConfigureAwait(false);
    }

    private MpsRecord RecordOf(MpsBlock block)
    {
        var former = file.Find(block.Number);
        var gpus = block.Gpus.Select(gpu => former?.Gpus.FirstOrDefault(old => old.Uuid == gpu.Uuid)
            ?? new MpsRecordedGpu(gpu.Uuid, gpu.ComputeMode ?? "default")).ToList();

        // The mode of a GPU that the driver does not show now is still to be put back.
        gpus.AddRange(former?.Gpus.Where(old => gpus.All(gpu => gpu.Uuid != old.Uuid)) ?? []);
        return new MpsRecord(block.Number, null, block.PipeDirectory, block.LogDirectory, [.. gpus]);
    }

    // Kept by the daemon, but not over its restart, which an operator may have done between two looks.
    private async Task LimitAsync(
        MpsBlock block, MpsRecord record, MpsControl control, MpsFindings findings, CancellationToken cancellationToken)
    {
        var wanted = $"{record.Process} " + string.Join(' ', block.Gpus.Select(gpu => $"{gpu.Uuid}={gpu.MemoryLimitMiB}")) +
            $" {block.ThreadPercentage}";
        if (_limits == wanted)
        {
            return;
        }

        var result = await control.LimitThreadsAsync(block.ThreadPercentage, cancellationToken).ConfigureAwait(false);
        foreach (var gpu in block.Gpus)
        {
            if (gpu.MemoryLimitMiB is { } limit && result.IsDone)
            {
                result = await control.LimitMemoryAsync(record.IndexOf(gpu.Uuid), limit, cancellationToken)
                    .ConfigureAwait(false);
            }
        }

        if (result.IsDone)
        {
            _limits = wanted;
        }
        else
        {
            findings.Add(block, $"the limits of MPS clients cannot be set: {result.Problem}");
        }
    }

    /// <summary>GPUs of the daemon that the block no longer names, though they are there.</summary>
    private static List<MpsRecordedGpu> Surplus(MpsRecord record, MpsBlock block, MpsPlan plan) =>
        [.. record.Gpus.Where(gpu => plan.VisibleGpus.Contains(gpu.Uuid) && !block.Has(gpu.Uuid))];

    // Which GPUs a daemon has is settled when it starts.
    private async Task ReplaceAsync(
        MpsRecord record, List<MpsRecordedGpu> surplus, MpsBlock block, MpsControl control, MpsFindings findings,
        CancellationToken cancellationToken)
    {
        if (await end.EndAsync(record, endClients: false, cancellationToken).ConfigureAwait(false) is { } reason)
        {
            var concerned = block.Gpus.Where(gpu => !record.Covers(gpu.Uuid)).Select(gpu => gpu.Uuid)
                .Concat(surplus.Select(gpu => gpu.Uuid));
            foreach (var uuid in concerned)
            {
                findings.Add(
                    uuid, $"{block}: the MPS control daemon runs with other GPUs and will be restarted: {reason}");
            }

            return;
        }

        foreach (var gpu in surplus)
        {
            modes.Forget(gpu.Uuid);
            if (await end.PutBackAsync(gpu, cancellationToken).ConfigureAwait(false) is null)
            {
                findings.NoteMode(gpu.Uuid, gpu.FormerMode);
            }
        }

        record = record with { Process = null, Gpus = record.Gpus.RemoveRange(surplus) };
        if (record.Gpus.IsEmpty && block.Gpus.IsEmpty)
        {
            file.Remove(block.Number);
            return;
        }

        file.Put(record);
        await StartAsync(block, control, findings, cancellationToken).ConfigureAwait(false);
    }

    private ProcessIdentity? FindProcess(MpsBlock block) => file.Find(block.Number) is { } record
        ? MpsEnd.RunningOf(record)
        : MpsProcesses.Find(block.PipeDirectory);

    // What died while no plugin ran is started at once. What dies under our eyes waits, each time longer, and its GPUs are
    // unfit meanwhile: whoever had it as a client has lost its work.
    private void NoticeDeath(MpsBlock block)
    {
        if (file.Find(block.Number) is not { Process: { } process } record)
        {
            return;
        }

        file.Put(record with { Process = null });
        var wait = _isTaken ? _starts.Fail() : TimeSpan.Zero;
        _failure = $"the MPS control daemon has ended (process {process.Id})";
        _isTaken = false;
        logger.MpsDaemonDied(block.Number, process.Id, block.LogDirectory, wait.TotalSeconds);
    }

    // Running tasks are worth more than the place for new ones: a daemon with servers is left to an operator.
    private void GiveUp(MpsBlock block, ProcessIdentity process)
    {
        if (_silences >= MostSilences && !MpsProcesses.HasServers(process))
        {
            logger.MpsDaemonGivenUp(block.Number, process.Id, _silences);
            process.Kill();
            _silences = 0;
        }
    }

    private void Fail(MpsBlock block, string failure)
    {
        var wait = _starts.Fail();
        if (failure != _failure)
        {
            logger.MpsDaemonNotStarted(block.Number, failure, wait.TotalSeconds);
        }

        _failure = failure;
    }
}

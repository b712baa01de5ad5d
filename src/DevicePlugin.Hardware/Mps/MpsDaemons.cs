using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Hardware.Tools;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Mps;

/// <summary>The daemons of a node for a person: those of the state file, and what runs in configured folders.</summary>
public sealed class MpsDaemons
{
    private readonly MpsTool _tool;
    private readonly MpsEnd _end;
    private readonly MpsFile _file;
    private readonly IReadOnlyList<MpsFolders> _folders;

    public MpsDaemons(MpsOptions options, IReadOnlyList<MpsFolders> folders, TimeProvider timeProvider, ILogger logger)
    {
        var tools = new DriverTools(options.DriverRoot);
        _tool = new MpsTool(tools, options.AnswerLimit, timeProvider);
        _end = new MpsEnd(_tool, new ComputeModes(tools, timeProvider), timeProvider, logger);
        _file = new MpsFile(options.StateDirectory, options.BootId, logger);
        _folders = folders;
    }

    public async Task<IReadOnlyList<MpsDaemonStatus>> ListAsync(CancellationToken cancellationToken)
    {
        var daemons = new List<MpsDaemonStatus>();
        foreach (var record in FindRecords())
        {
            daemons.Add(new MpsDaemonStatus(
                record.Block, MpsEnd.RunningOf(record)?.Id, await DescribeAsync(record, cancellationToken)
                    .ConfigureAwait(false),
                record.PipeDirectory, [.. record.Gpus.Select(gpu => (gpu.Uuid, gpu.FormerMode))]));
        }

        return daemons;
    }

    /// <summary>Ends every daemon and puts the compute modes back.</summary>
    /// <param name="endClients">Also those that have clients, whose work on the GPU ends with them.</param>
    /// <param name="tell">Gets a sentence for each thing that was done or could not be.</param>
    /// <param name="cancellationToken">Leaves the rest undone.</param>
    /// <returns>Whether everything is as before.</returns>
    public async Task<bool> StopAsync(bool endClients, Action<string> tell, CancellationToken cancellationToken)
    {
        var isDone = true;
        foreach (var record in FindRecords())
        {
            isDone &= await StopAsync(record, endClients, tell, cancellationToken).ConfigureAwait(false);
        }

        return isDone;
    }

    private async Task<bool> StopAsync(
        MpsRecord record, bool endClients, Action<string> tell, CancellationToken cancellationToken)
    {
        var process = MpsEnd.RunningOf(record);
        if (await _end.EndAsync(record, endClients, cancellationToken).ConfigureAwait(false) is { } reason)
        {
            tell($"sharing[{record.Block}]: the MPS control daemon (process {process?.Id}) still runs: {reason}.");
            return false;
        }

        tell(process is null
            ? $"sharing[{record.Block}]: its MPS control daemon did not run."
            : $"sharing[{record.Block}]: the MPS control daemon (process {process.Id}) has ended.");
        var isDone = true;
        foreach (var gpu in record.Gpus)
        {
            var problem = await _end.PutBackAsync(gpu, cancellationToken).ConfigureAwait(false);
            isDone &= problem is null;
            tell(problem is null
                ? $"{gpu.Uuid}: compute mode {gpu.FormerMode}, as before."
                : $"{gpu.Uuid}: the compute mode cannot be set back to {gpu.FormerMode}: {problem}.");
        }

        if (record.Gpus.IsEmpty)
        {
            tell("Nothing was kept about its GPUs: see nvidia-smi -q -d COMPUTE for their compute modes.");
        }

        if (isDone)
        {
            _file.Remove(record.Block);
        }

        return isDone;
    }

    private IEnumerable<MpsRecord> FindRecords()
    {
        foreach (var record in _file.Records)
        {
            yield return record;
        }

        foreach (var folders in _folders)
        {
            if (_file.Find(folders.Rule) is null && MpsProcesses.Find(folders.PipeDirectory) is { } process)
            {
                yield return new MpsRecord(folders.Rule, process, folders.PipeDirectory, folders.LogDirectory, []);
            }
        }
    }

    private async Task<string> DescribeAsync(MpsRecord record, CancellationToken cancellationToken)
    {
        if (_tool.ControlOf(record.PipeDirectory, record.LogDirectory, out var problem) is not { } control)
        {
            return problem;
        }

        var reply = await control.PingAsync(cancellationToken).ConfigureAwait(false);
        return reply.State != MpsState.Answers ? reply.Problem
            : await control.ListClientsAsync(cancellationToken).ConfigureAwait(false) is { } clients
                ? $"works, {clients.Count} clients" : "works";
    }
}

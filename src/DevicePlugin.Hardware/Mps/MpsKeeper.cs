using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Tools;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Mps;

/// <summary>
/// Sees to the MPS daemons with each refresh of the inventory, and reports as faults of their GPUs what is wrong with them.
/// A daemon that takes its time is waited for in the background: other GPUs must not wait for it. Nothing is started,
/// asked or written before the first refresh.
/// </summary>
public sealed class MpsKeeper : IAsyncDisposable
{
    /// <summary>How long a refresh waits for daemons that work.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>
    /// For daemons that nobody asked before: rather a late first message to Nomad than one with GPUs that are unfit for a
    /// moment. It is due after 15 s.
    /// </summary>
    private static readonly TimeSpan FirstGrace = TimeSpan.FromSeconds(8);

    private readonly MpsOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Action _refresh;
    private readonly MpsTool _tool;
    private readonly ComputeModes _modes;
    private readonly MpsEnd _end;
    private readonly MpsFile _file;
    private readonly Dictionary<int, MpsDaemon> _daemons = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _nextTry;
    private Task _pass = Task.CompletedTask;
    private MpsFindings? _findings;
    private bool _hasNews;

    /// <param name="options">What may be done.</param>
    /// <param name="timeProvider">Measures deadlines and waits.</param>
    /// <param name="logger">Hears what was done.</param>
    /// <param name="refresh">Asks for a refresh, because something has come out or is due.</param>
    public MpsKeeper(MpsOptions options, TimeProvider timeProvider, ILogger logger, Action refresh)
    {
        _options = options;
        _timeProvider = timeProvider;
        _logger = logger;
        _refresh = refresh;
        var tools = new DriverTools(options.DriverRoot);
        _tool = new MpsTool(tools, options.AnswerLimit, timeProvider);
        _modes = new ComputeModes(tools, timeProvider);
        _end = new MpsEnd(_tool, _modes, timeProvider, logger);
        _file = new MpsFile(options.StateDirectory, options.BootId, logger);
        _nextTry = timeProvider.CreateTimer(
            _ => refresh(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Must not be called again before it has returned.</summary>
    /// <returns>The report with the faults of MPS added.</returns>
    public async Task<NodeReport> AttendAsync(MpsPlan plan, NodeReport report, CancellationToken cancellationToken)
    {
        if (!report.Driver.IsLoaded || (plan.Blocks.IsEmpty && _file.Records.Length == 0 && _file.IsKept))
        {
            // Nothing can be asked of GPUs that are not there, and nothing has to be put back on them.
            return report;
        }

        var isComplete = HasSeenAll(plan);
        if (_pass.IsCompleted && !(isComplete && Volatile.Read(ref _hasNews)))
        {
            _pass = Task.Run(() => RunAsync(plan, _stopping.Token), CancellationToken.None);
            var grace = isComplete ? Grace : FirstGrace;
            await Task.WhenAny(_pass, Task.Delay(grace, _timeProvider, cancellationToken)).ConfigureAwait(false);
            if (!_pass.IsCompleted)
            {
                _ = TellAsync(_pass);
            }
        }
        else
        {
            Volatile.Write(ref _hasNews, false);
        }

        return Complete(report, plan);
    }

    /// <summary>Leaves the daemons as they are: tasks go on while the plugin is away.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _pass.ConfigureAwait(false);
        await _nextTry.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    // The refresh that is asked for here takes the result and does not begin another pass, or a daemon that never answers
    // would keep everything busy.
    private async Task TellAsync(Task pass)
    {
        await pass.ConfigureAwait(false);
        Volatile.Write(ref _hasNews, true);
        if (!_stopping.IsCancellationRequested)
        {
            _refresh();
        }
    }

    private async Task RunAsync(MpsPlan plan, CancellationToken stopping)
    {
        var findings = new MpsFindings();
        try
        {
            if (_options.Manages)
            {
                await ManageAsync(plan, findings, stopping).ConfigureAwait(false);
            }
            else
            {
                await AskAsync(plan, findings, stopping).ConfigureAwait(false);
            }

            Volatile.Write(ref _findings, findings);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            // What is known stands. This task is awaited by a refresh, which must not fail for it.
            _logger.MpsPassFailed(exception);
        }
    }

    private async Task ManageAsync(MpsPlan plan, MpsFindings findings, CancellationToken stopping)
    {
        _file.SaveAgain();
        foreach (var record in _file.Records)
        {
            if (!plan.Blocks.Any(block => block.Number == record.Block && block.PipeDirectory == record.PipeDirectory))
            {
                await RetireAsync(record, plan, findings, stopping).ConfigureAwait(false);
            }
        }

        foreach (var block in plan.Blocks)
        {
            findings.NoteSeen(block);
            if (!_daemons.TryGetValue(block.Number, out var daemon))
            {
                var modes = new ExclusiveModes(_modes, _timeProvider, _logger);
                daemon = new MpsDaemon(_tool, modes, _end, _file, _timeProvider, _logger);
                _daemons[block.Number] = daemon;
            }

            if (_file.Find(block.Number) is not { } record || record.PipeDirectory == block.PipeDirectory)
            {
                await daemon.AttendAsync(block, plan, findings, stopping).ConfigureAwait(false);
            }
        }

        SetNextTry();
    }

    private async Task RetireAsync(
        MpsRecord record, MpsPlan plan, MpsFindings findings, CancellationToken stopping)
    {
        _daemons.Remove(record.Block);
        if (await _end.EndAsync(record, endClients: false, stopping).ConfigureAwait(false) is { } reason)
        {
            foreach (var gpu in record.Gpus)
            {
                findings.Add(gpu.Uuid, $"the MPS control daemon of the former sharing[{record.Block}] still runs: " +
                    reason);
            }

            return;
        }

        foreach (var gpu in record.Gpus.Where(gpu => plan.VisibleGpus.Contains(gpu.Uuid)))
        {
            if (await _end.PutBackAsync(gpu, stopping).ConfigureAwait(false) is null)
            {
                findings.NoteMode(gpu.Uuid, gpu.FormerMode);
            }
        }

        _file.Remove(record.Block);
        _logger.MpsPutBack(record.Block);
    }

    private async Task AskAsync(MpsPlan plan, MpsFindings findings, CancellationToken stopping)
    {
        foreach (var block in plan.Blocks)
        {
            findings.NoteSeen(block);
            if (_tool.ControlOf(block.PipeDirectory, block.LogDirectory, out var problem) is not { } control)
            {
                findings.Add(block, problem);
                continue;
            }

            var reply = await control.PingAsync(stopping).ConfigureAwait(false);
            if (reply.State != MpsState.Answers)
            {
                findings.Add(block, $"no MPS control daemon works in \"{block.PipeDirectory}\": {reply.Problem}");
            }
        }
    }

    private void SetNextTry()
    {
        var tries = _daemons.Values.Select(daemon => daemon.NextTry).OfType<TimeSpan>().ToList();
        if (tries.Count > 0)
        {
            _nextTry.Change(tries.Min(), Timeout.InfiniteTimeSpan);
        }
    }

    private NodeReport Complete(NodeReport report, MpsPlan plan)
    {
        var findings = Volatile.Read(ref _findings);
        var devices = report.Devices.ToBuilder();
        for (var index = 0; index < devices.Count; index++)
        {
            var device = devices[index];
            if (device.Facts.ComputeMode is not null && findings?.FindMode(device.Uuid) is { } mode)
            {
                // Read before it was set: Nomad would get the old one, and the new one with the next refresh.
                device = device with { Facts = device.Facts with { ComputeMode = mode } };
            }

            if (FindProblem(device.Uuid, plan, findings) is { } text)
            {
                device = device with { Faults = device.Faults.Add(new DeviceFault(DeviceFaultKind.MpsUnavailable, text)) };
            }

            devices[index] = device;
        }

        return report with { Devices = devices.ToImmutable() };
    }

    private static string? FindProblem(string uuid, MpsPlan plan, MpsFindings? findings) =>
        plan.Refused.TryGetValue(uuid, out var refusal) ? refusal
        : findings?.Find(uuid) is { } problem ? problem
        : plan.Blocks.Any(block => block.Has(uuid)) && findings?.HasSeen(uuid) != true
            ? "the MPS control daemon is being started" : null;

    private bool HasSeenAll(MpsPlan plan) => Volatile.Read(ref _findings) is { } findings
        && plan.Blocks.All(block => block.Gpus.All(gpu => findings.HasSeen(gpu.Uuid)));
}

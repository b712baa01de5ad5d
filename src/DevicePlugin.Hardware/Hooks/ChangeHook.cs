using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Changes;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Tools;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Hooks;

/// <summary>What is run when a device changes.</summary>
/// <param name="Program">Null: nothing.</param>
/// <param name="Folder">For the files of its streams.</param>
/// <param name="BootId">The kernel's id of this boot; null where it has none.</param>
public sealed record ChangeHookOptions(string? Program, string Folder, string? BootId = null);

/// <summary>
/// Runs an operator's program when devices change, in a loop of its own that nothing else waits for: one run at a time, not too
/// many, and what changes meanwhile goes into the next one. Before the first stream there are no changes, so nothing runs.
/// </summary>
public sealed class ChangeHook : IAsyncDisposable
{
    /// <summary>After which a run is killed.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>No more than <see cref="MostRuns"/> begin within it.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public const int MostRuns = 10;

    /// <summary>All that the program gets: the agent's own may have anything in it, tokens too.</summary>
    internal static readonly ImmutableDictionary<string, string> Variables = ImmutableDictionary<string, string>.Empty.Add(
        "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

    private readonly ConditionJournal _journal;
    private readonly string _node;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly HookParts _parts;
    private readonly Queue<long> _runs = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;
    private ChangeHookOptions _options = new(null, "");
    private (ChangeHookOptions Options, string Problem)? _told;
    private Task _formerRun = Task.CompletedTask;

    /// <param name="journal">Has the changes; disposed with the hook.</param>
    /// <param name="node">Name of the node.</param>
    /// <param name="timeProvider">Measures the limits.</param>
    /// <param name="logger">Has each run and, once, each kind of failure.</param>
    public ChangeHook(ConditionJournal journal, string node, TimeProvider timeProvider, ILogger<ChangeHook> logger)
        : this(journal, node, timeProvider, logger, HookParts.OfThisNode)
    {
    }

    internal ChangeHook(
        ConditionJournal journal, string node, TimeProvider timeProvider, ILogger<ChangeHook> logger, HookParts parts)
    {
        _journal = journal;
        _node = node;
        _timeProvider = timeProvider;
        _logger = logger;
        _parts = parts;
        _loop = Task.Run(() => BackgroundLoop.RunAsync("The watch for health.on_change", LoopAsync, timeProvider, logger, _stopping.Token));
    }

    /// <summary>Takes effect with the next change: a program that is configured later gets no old ones.</summary>
    public void Configure(ChangeHookOptions options)
    {
        var before = Volatile.Read(ref _options);
        if (before.Program is null)
        {
            _journal.Take();
        }

        Volatile.Write(ref _options, options);
        if (before.Folder != options.Folder)
        {
            // Also where no program is configured any more: the run of a plugin that was killed has no other end.
            _formerRun = Task.Run(() => EndFormer(options));
        }
    }

    /// <summary>A run that is under way is killed: nobody would do it later.</summary>
    public async ValueTask DisposeAsync()
    {
        _journal.Dispose();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task LoopAsync()
    {
        while (true)
        {
            await _journal.WaitAsync(_stopping.Token).ConfigureAwait(false);
            await WaitForTurnAsync().ConfigureAwait(false);
            var options = Volatile.Read(ref _options);
            var changes = _journal.Take();
            if (options.Program is { } program && !changes.Devices.IsEmpty)
            {
                await RunGuardedAsync(program, options, changes).ConfigureAwait(false);
            }
        }
    }

    private async Task WaitForTurnAsync()
    {
        while (_runs.TryPeek(out var oldest))
        {
            var left = Window - _timeProvider.GetElapsedTime(oldest);
            if (left <= TimeSpan.Zero)
            {
                _runs.Dequeue();
            }
            else if (_runs.Count < MostRuns)
            {
                return;
            }
            else
            {
                await Task.Delay(left, _timeProvider, _stopping.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task RunGuardedAsync(string program, ChangeHookOptions options, ConditionChanges changes)
    {
        try
        {
            await RunAsync(program, options, changes).ConfigureAwait(false);
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            // A fault here costs the run, never the next one.
            _logger.HookFailed(program, exception.Message);
        }
    }

    private async Task RunAsync(string program, ChangeHookOptions options, ConditionChanges changes)
    {
        var trusted = TrustedProgram.Check(program, Variables, new ProgramTrust(_parts.ReadStatus), out var distrust);
        if (trusted is null)
        {
            if (IsNews(options, "distrust"))
            {
                _logger.HookNotTrusted(program, distrust);
            }

            return;
        }

        await _formerRun.ConfigureAwait(false);
        var began = _timeProvider.GetTimestamp();
        _runs.Enqueue(began);
        var input = ChangeJson.Write(changes, _node, _timeProvider.GetUtcNow());
        var result = await _parts.RunAsync(trusted, input, options, _timeProvider, _stopping.Token).ConfigureAwait(false);
        if (result.IsDone)
        {
            _told = null;
            var devices = string.Join(", ", changes.Devices.Select(condition => $"{condition.Device.Gpu.Uuid} {condition.State}"));
            _logger.HookRan(program, _timeProvider.GetElapsedTime(began).TotalSeconds, devices);
        }
        else if (IsNews(options, result.IsHung ? "hung" : $"exit {result.ExitCode}"))
        {
            _logger.HookFailed(program, result.Problem);
        }
    }

    private void EndFormer(ChangeHookOptions options)
    {
        try
        {
            if (_parts.EndFormer(options) is { } id)
            {
                _logger.FormerHookEnded(id);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _logger.FormerHookNotEnded(exception.Message.TrimEnd('.'));
        }
    }

    /// <summary>A failure is told once, until a run succeeds or another program is configured.</summary>
    private bool IsNews(ChangeHookOptions options, string problem)
    {
        var isNews = _told != (options, problem);
        _told = (options, problem);
        return isNews;
    }
}

/// <summary>What a hook is made of, which tests replace.</summary>
internal sealed record HookParts(
    Func<string, FileStatus?> ReadStatus,
    Func<TrustedProgram, ReadOnlyMemory<byte>, ChangeHookOptions, TimeProvider, CancellationToken, Task<ToolResult>> RunAsync)
{
    /// <summary>Ends the run of a plugin that was killed, and says which process it was.</summary>
    public Func<ChangeHookOptions, int?> EndFormer { get; init; } = _ => null;

    public static readonly HookParts OfThisNode = new(
        FileStatus.Read,
        (program, input, options, timeProvider, cancellationToken) => OperatingSystem.IsLinux()
            ? HookProcess.RunAsync(
                program, input, options.Folder, options.BootId, ChangeHook.Limit, timeProvider, cancellationToken)
            : Task.FromResult(new ToolResult(null, "programs are run on Linux only")))
    {
        EndFormer = options => OperatingSystem.IsLinux() ? HookRecord.EndFormer(options.Folder, options.BootId) : null,
    };
}

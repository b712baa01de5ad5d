using System.Text.Json;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.State;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Requests;

/// <summary>
/// Takes the requests of operators while it holds the lock of the state folder, one after the other. What was written before
/// it held the lock is discarded: nobody waits for it any more.
/// </summary>
public sealed class RequestReader : IAsyncDisposable
{
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>How old a request may be: whoever wrote it has given up by then.</summary>
    public static readonly TimeSpan OldestAge = TimeSpan.FromSeconds(10);

    private const int MostAtOnce = 16;
    private const int MostBytes = 64 * 1024;

    // Whoever waits for an answer takes it away; one that is left was waited for in vain.
    private static readonly TimeSpan AnswerAge = TimeSpan.FromMinutes(1);

    private readonly string _stateFolder;
    private readonly RequestFolder _folder;
    private readonly RequestHandlers _handlers;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _work;
    private StateLock? _lock;
    private string? _fault;

    /// <param name="stateFolder">The folder of the records.</param>
    /// <param name="heldLock">Its lock, if it is held already. It is given back at disposal.</param>
    /// <param name="handlers">What is done.</param>
    /// <param name="timeProvider">Measures the pauses and the age of requests.</param>
    /// <param name="logger">Has a line for each request.</param>
    public RequestReader(
        string stateFolder, StateLock? heldLock, RequestHandlers handlers, TimeProvider timeProvider, ILogger logger)
    {
        _stateFolder = stateFolder;
        _lock = heldLock;
        _folder = new RequestFolder(stateFolder, FileStatus.CurrentUser ?? 0, FileStatus.Read);
        _handlers = handlers;
        _timeProvider = timeProvider;
        _logger = logger;
        _work = OperatingSystem.IsLinux() ? Task.Run(RunAsync) : Task.CompletedTask;
    }

    /// <summary>Takes no more requests, and goes on holding the records, which others may still write.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _lock?.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        if (_lock is not null)
        {
            Begin();
        }

        using var timer = new PeriodicTimer(Poll, _timeProvider);
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
        {
            try
            {
                var isHeld = IsHeld();
                _handlers.Reload(isHeld);
                if (isHeld && IsUsable())
                {
                    await TakeAllAsync().ConfigureAwait(false);
                    _fault = null;
                }
            }
            catch (Exception exception) when (!_stopping.IsCancellationRequested)
            {
                // Whatever it is, the next request may be another one.
                Tell(exception.Message.TrimEnd('.'));
            }
        }
    }

    private bool IsHeld()
    {
        if (_lock?.IsInPlace == true)
        {
            return true;
        }

        // Somebody deleted the folder, or the file: commands would find no lock and take it that no plugin runs.
        _lock?.Dispose();
        _lock = StateLock.TryTake(_stateFolder, out _, out _);
        if (_lock is not null)
        {
            Begin();
        }

        return _lock is not null;
    }

    private void Begin()
    {
        try
        {
            // Emptied before it is there for the first time: a command that waits for it must not lose its request.
            if (Directory.Exists(_folder.Path) && IsUsable())
            {
                foreach (var file in Directory.EnumerateFiles(_folder.Path))
                {
                    File.Delete(file);
                }
            }

            _folder.Create();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Tell(exception.Message.TrimEnd('.'));
        }
    }

    private bool IsUsable()
    {
        _folder.Create();
        if (_folder.FindFault() is { } fault)
        {
            Tell(fault);
            return false;
        }

        return true;
    }

    private void Tell(string fault)
    {
        if (fault != _fault)
        {
            _logger.RequestsNotTaken(fault);
        }

        _fault = fault;
    }

    private async Task TakeAllAsync()
    {
        DropOldAnswers();
        var files = Directory.EnumerateFiles(_folder.Path, "*" + RequestFolder.RequestSuffix)
            .Order(StringComparer.Ordinal).Take(MostAtOnce).ToList();
        foreach (var file in files)
        {
            var taken = Path.ChangeExtension(file, RequestFolder.TakenSuffix);
            try
            {
                File.Move(file, taken, overwrite: true);
            }
            catch (FileNotFoundException)
            {
                // Whoever wrote it took it back.
                continue;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Something has the name that it is to get. It must not keep the others waiting for ever.
                _logger.RequestDiscarded(file, exception.Message.TrimEnd('.'));
                File.Delete(file);
                continue;
            }

            var answer = await AnswerAsync(taken).ConfigureAwait(false);
            if (answer is not null)
            {
                AtomicFile.Write(Path.ChangeExtension(file, RequestFolder.AnswerSuffix), RequestJson.Write(answer));
            }

            File.Delete(taken);
        }
    }

    /// <summary>Null for what is not a request, which nobody waits for an answer to.</summary>
    private async Task<OperatorAnswer?> AnswerAsync(string file)
    {
        if (_folder.FindFault(file) is { } fault)
        {
            _logger.RequestDiscarded(file, fault);
            return null;
        }

        OperatorRequest request;
        try
        {
            var text = PlainFile.ReadStart(file, MostBytes, out var isWhole, LinkRule.Refuse);
            request = isWhole
                ? RequestJson.ReadRequest(text)
                : throw new JsonException($"it has more than {MostBytes} bytes");
        }
        catch (JsonException exception)
        {
            _logger.RequestDiscarded(file, exception.Message.TrimEnd('.'));
            return OperatorAnswer.Refusal($"the plugin does not understand the request: {exception.Message}");
        }

        var age = _timeProvider.GetUtcNow() - request.Written;
        if (age.Duration() > OldestAge)
        {
            var reason = $"it was written {age.Duration().TotalSeconds:0} s {(age > TimeSpan.Zero ? "ago" : "in the future")}";
            _logger.RequestDiscarded(file, reason);
            return OperatorAnswer.Refusal($"the plugin discarded the request: {reason}");
        }

        return await DoAsync(request, FileStatus.Read(file)?.Owner ?? 0).ConfigureAwait(false);
    }

    private async Task<OperatorAnswer> DoAsync(OperatorRequest request, uint user)
    {
        OperatorAnswer answer;
        try
        {
            answer = await _handlers.DoAsync(request, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            // A fault here costs the request, never the plugin.
            _logger.RequestFailed(exception);
            return OperatorAnswer.Refusal($"the plugin failed: {exception.Message}");
        }

        // A request that only asks, or that hears nothing new when it asks again, is not worth a line.
        var isNews = request is { Verb: not (OperatorVerb.ListHealth or OperatorVerb.CheckReset), IsRepeated: false }
            || (request.IsRepeated && answer.Gpus.Any(gpu => gpu.Done is not null));
        if (isNews)
        {
            Log(request, user, answer);
        }

        return answer;
    }

    private void Log(OperatorRequest request, uint user, OperatorAnswer answer)
    {
        var verb = RequestJson.WordOf(request.Verb);
        if (answer.Problem is { } problem)
        {
            _logger.RequestRefused(request.By, user, verb, problem);
            return;
        }

        var done = answer.Gpus.Where(gpu => gpu.Done is not null).Select(gpu => $"GPU \"{gpu.Uuid}\" {gpu.Done}").ToList();
        _logger.RequestDone(request.By, user, verb, done.Count > 0 ? string.Join("; ", done) : "nothing changed");
    }

    private void DropOldAnswers()
    {
        var now = _timeProvider.GetUtcNow();
        foreach (var answer in new DirectoryInfo(_folder.Path).EnumerateFiles("*" + RequestFolder.AnswerSuffix))
        {
            if (now - answer.LastWriteTimeUtc > AnswerAge)
            {
                answer.Delete();
            }
        }
    }
}

/// <summary>What a plugin does for operators.</summary>
/// <param name="DoAsync">Does what is asked for; may take some seconds.</param>
/// <param name="Reload">Reads the records again, and says whether this process holds them. Called at every look for requests.</param>
public sealed record RequestHandlers(
    Func<OperatorRequest, CancellationToken, Task<OperatorAnswer>> DoAsync, Action<bool> Reload);

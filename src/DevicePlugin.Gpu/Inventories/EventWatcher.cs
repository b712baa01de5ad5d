using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// Listens to a backend's events for as long as it lives. When listening fails, it starts again after a pause that grows, and
/// says that nothing is monitored until it has lasted for a while or brought an event.
/// </summary>
internal sealed class EventWatcher : IAsyncDisposable
{
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly IGpuBackend _backend;
    private readonly Action<GpuEvent> _onEvent;
    private readonly Action<bool> _onMonitored;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _loop;
    private TimeSpan _pause;

    public EventWatcher(
        IGpuBackend backend, Action<GpuEvent> onEvent, Action<bool> onMonitored, TimeProvider timeProvider,
        ILogger logger)
    {
        _backend = backend;
        _onEvent = onEvent;
        _onMonitored = onMonitored;
        _timeProvider = timeProvider;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Completes when the first attempt to listen has been made, whatever came of it.</summary>
    public Task Listening => _listening.Task;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Exception? failure = null;
            try
            {
                await ListenAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            await PauseAsync(failure).ConfigureAwait(false);
        }
    }

    private async Task ListenAsync()
    {
        // The part of an iterator before its first await runs here: it registers, and nothing is lost from then on.
        await using var events = _backend.WatchAsync(_stopping.Token).GetAsyncEnumerator(_stopping.Token);
        var next = events.MoveNextAsync().AsTask();
        _listening.TrySetResult();
        if (_pause > TimeSpan.Zero)
        {
            await ProveAsync(next).ConfigureAwait(false);
        }

        while (await next.ConfigureAwait(false))
        {
            _onEvent(events.Current);
            next = events.MoveNextAsync().AsTask();
        }
    }

    /// <summary>Listening counts again when it brought an event or lasted for as long as the longest pause.</summary>
    private async Task ProveAsync(Task<bool> next)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var lasted = Task.Delay(LongestPause, _timeProvider, enough.Token);
        var first = await Task.WhenAny(next, lasted).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        if (!_stopping.IsCancellationRequested && (first == lasted || (next.IsCompletedSuccessfully && next.Result)))
        {
            _pause = TimeSpan.Zero;
            _onMonitored(true);
        }
    }

    private async Task PauseAsync(Exception? failure)
    {
        _listening.TrySetResult();
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        _pause = _pause == TimeSpan.Zero ? FirstPause : _pause * 2;
        _pause = _pause < LongestPause ? _pause : LongestPause;
        var over = Task.Delay(_pause, _timeProvider, _stopping.Token);
        _logger.EventsEnded(_pause.TotalSeconds, failure);
        _onMonitored(false);
        await over.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

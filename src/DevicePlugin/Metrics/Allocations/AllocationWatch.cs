using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Nomad.Services;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Metrics.Allocations;

/// <summary>
/// Asks Nomad now and then, and soon after a reservation, which tasks have which devices. Whatever Nomad does, the last
/// answer stands for a minute and then there is none.
/// </summary>
internal sealed class AllocationWatch : IAsyncDisposable
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    // Nomad reserves before it starts the task and tells its servers in batches.
    private static readonly TimeSpan AfterReservation = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly NomadApi _api;
    private readonly Uri _address;
    private readonly ServiceActivity _activity;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action _changed;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly Task _loop;
    private TaskCompletionSource _reserved = NewSignal();
    private ImmutableArray<DeviceUse> _uses = [];
    private volatile bool _answers;
    private bool _isSilent;
    private long _answered;

    public AllocationWatch(
        Uri address, string? tokenFile, ServiceActivity activity, Action changed, TimeProvider time, ILogger logger)
    {
        _api = new NomadApi(address, tokenFile);
        _address = address;
        _activity = activity;
        _changed = changed;
        _time = time;
        _logger = logger;
        _activity.Reserved += OnReserved;
        _loop = Task.Run(() => BackgroundLoop.RunAsync("The watch of Nomad's allocations", RunAsync, time, logger, _stopping.Token));
    }

    public IReadOnlyList<DeviceUse> Uses
    {
        get
        {
            lock (_gate)
            {
                return _uses;
            }
        }
    }

    public bool Answers => _answers;

    public async ValueTask DisposeAsync()
    {
        _activity.Reserved -= OnReserved;
        await _stopping.CancelAsync();
        await _loop;
        _api.Dispose();
        _stopping.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void OnReserved(IReadOnlyList<string> ids) => Volatile.Read(ref _reserved).TrySetResult();

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await AskAsync();
                var reserved = Volatile.Read(ref _reserved);
                if (await Task.WhenAny(reserved.Task, Task.Delay(Period, _time, _stopping.Token)) == reserved.Task)
                {
                    Volatile.Write(ref _reserved, NewSignal());
                    await Task.Delay(AfterReservation, _time, _stopping.Token);
                }

                _stopping.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    private async Task AskAsync()
    {
        try
        {
            var uses = await _api.ReadUsesAsync(_stopping.Token);
            _answered = _time.GetTimestamp();
            Set(uses, answers: true);
            if (_isSilent)
            {
                _isSilent = false;
                _logger.AllocationsKnown(_address.ToString());
            }
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            // Whatever it is, a lone surrogate in a name too: what comes next may be better.
            Miss(exception is OperationCanceledException ? "no answer within 5 s" : exception.Message);
        }
    }

    private void Miss(string reason)
    {
        _api.Forget();
        Set(_time.GetElapsedTime(_answered) >= Lifetime ? [] : _uses, answers: false);
        if (!_isSilent)
        {
            _isSilent = true;
            _logger.AllocationsUnknown(_address.ToString(), reason, Period.TotalSeconds);
        }
    }

    private void Set(ImmutableArray<DeviceUse> uses, bool answers)
    {
        _answers = answers;
        bool isNew;
        lock (_gate)
        {
            isNew = !uses.AsSpan().SequenceEqual(_uses.AsSpan());
            _uses = uses;
        }

        if (isNew)
        {
            _changed();
        }
    }
}

using DevicePlugin.Composition;
using DevicePlugin.Nomad.Configuration;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Metrics;

/// <summary>
/// Serves metrics and the status page where and while the configuration says so. What goes wrong here stays here: Nomad's
/// own listener knows nothing of it. Nothing is opened before the first Fingerprint call.
/// </summary>
internal sealed class MetricsService : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    private readonly GpuNode _node;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _wakeUp = new(0);
    private readonly Task _loop;
    private MetricsConfig _wanted = new();

    public MetricsService(GpuNode node, TimeProvider time, ILoggerFactory loggers)
    {
        _node = node;
        _time = time;
        _loggers = loggers;
        _logger = loggers.CreateLogger<MetricsService>();
        node.Configured += OnConfigured;
        _loop = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _node.Configured -= OnConfigured;
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
        _wakeUp.Dispose();
    }

    private void OnConfigured(PluginConfig config)
    {
        Volatile.Write(ref _wanted, config.Metrics);
        _wakeUp.Release();
    }

    private async Task RunAsync()
    {
        MetricsSite? site = null;
        try
        {
            await _node.Monitor.Started.WaitAsync(_stopping.Token).ConfigureAwait(false);
            var served = new MetricsConfig();
            var (failure, retry) = ("", FirstRetry);
            while (true)
            {
                var wanted = Volatile.Read(ref _wanted);
                if (wanted != served)
                {
                    await StopAsync(site).ConfigureAwait(false);
                    (site, served, failure, retry) = (null, wanted, "", FirstRetry);
                }

                if (site is null && wanted.Address is { } address)
                {
                    (site, failure) = await TryStartAsync(wanted, address, failure).ConfigureAwait(false);
                }

                var wait = site is null && wanted.Address is not null ? retry : Timeout.InfiniteTimeSpan;
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
                await WaitAsync(wait).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        finally
        {
            await StopAsync(site).ConfigureAwait(false);
        }
    }

    private static async Task StopAsync(MetricsSite? site)
    {
        if (site is not null)
        {
            await site.DisposeAsync().ConfigureAwait(false);
        }
    }

    // The same failure is told once, however often it is met.
    private async Task<(MetricsSite? Site, string Failure)> TryStartAsync(
        MetricsConfig config, HostPort address, string lastFailure)
    {
        try
        {
            var site = await MetricsSite.StartAsync(_node, config, _time, _loggers, _logger, _stopping.Token)
                .ConfigureAwait(false);
            _logger.MetricsServed(site.Url);
            return (site, "");
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !_stopping.IsCancellationRequested)
        {
            // Also while the service ends: the failure has no consequences then.
            // IOException: in use. SocketException: not allowed, not this machine's, a name without an address.
            var reason = (exception.InnerException ?? exception).Message;
            if (lastFailure.Length == 0)
            {
                _logger.MetricsNotServed(address.ToString(), reason);
            }

            return (null, reason);
        }
    }

    private async Task WaitAsync(TimeSpan limit)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        if (limit == Timeout.InfiniteTimeSpan)
        {
            await _wakeUp.WaitAsync(timeout.Token).ConfigureAwait(false);
            return;
        }

        await ((Task)_wakeUp.WaitAsync(timeout.Token)).WaitAsync(limit, _time, _stopping.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await timeout.CancelAsync().ConfigureAwait(false);
        _stopping.Token.ThrowIfCancellationRequested();
    }
}

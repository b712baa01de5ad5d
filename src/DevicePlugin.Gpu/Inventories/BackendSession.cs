using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>A backend for as long as the settings that asked for it stand, and the task that listens to its events.</summary>
internal sealed class BackendSession : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _events;
    private bool _unknownIdsWarned;

    private BackendSession(MonitorSettings settings, IGpuBackend? backend, Action<GpuEvent> onEvent, ILogger logger)
    {
        Settings = settings;
        Backend = backend;
        _events = backend is null
            ? Task.CompletedTask
            : Task.Run(() => ListenAsync(backend, onEvent, logger, _stopping.Token));
    }

    public MonitorSettings Settings { get; }

    /// <summary>Null while the configuration disables the plugin.</summary>
    public IGpuBackend? Backend { get; }

    public static BackendSession Open(MonitorSettings settings, Action<GpuEvent> onEvent, ILogger logger) =>
        new(settings, settings.Enabled ? settings.OpenBackend() : null, onEvent, logger);

    /// <summary>Once, as soon as the driver could have shown the devices that the configuration names.</summary>
    public void WarnOfUnknownIds(NodeReport report, ILogger logger)
    {
        if (_unknownIdsWarned || !report.Driver.IsLoaded)
        {
            return;
        }

        _unknownIdsWarned = true;
        foreach (var id in Settings.Filter.UnknownIds(report.Devices))
        {
            logger.IgnoredIdIsUnknown(id);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _events.ConfigureAwait(false);
        if (Backend is not null)
        {
            await Backend.DisposeAsync().ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    private static async Task ListenAsync(
        IGpuBackend backend, Action<GpuEvent> onEvent, ILogger logger, CancellationToken stopping)
    {
        try
        {
            await foreach (var gpuEvent in backend.WatchAsync(stopping).ConfigureAwait(false))
            {
                onEvent(gpuEvent);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            logger.EventsEnded(exception);
        }
    }
}

using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>A backend for as long as the settings that asked for it stand, and the watcher of its events.</summary>
internal sealed class BackendSession : IAsyncDisposable
{
    private readonly EventWatcher? _events;
    private bool _unknownIdsWarned;

    private BackendSession(MonitorSettings settings, IGpuBackend? backend, EventWatcher? events)
    {
        Settings = settings;
        Backend = backend;
        _events = events;
    }

    public MonitorSettings Settings { get; }

    /// <summary>Null while the configuration disables the plugin.</summary>
    public IGpuBackend? Backend { get; }

    /// <summary>
    /// Returns when events are being listened to, so that none falls between them and the first enumeration.
    /// </summary>
    public static async Task<BackendSession> OpenAsync(
        MonitorSettings settings, Action<GpuEvent> onEvent, Action<bool> onMonitored, TimeProvider timeProvider,
        ILogger logger)
    {
        if (!settings.Enabled)
        {
            return new BackendSession(settings, null, null);
        }

        var backend = settings.OpenBackend();
        var events = new EventWatcher(backend, onEvent, onMonitored, timeProvider, logger);
        await events.Listening.ConfigureAwait(false);
        return new BackendSession(settings, backend, events);
    }

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
        if (_events is not null)
        {
            await _events.DisposeAsync().ConfigureAwait(false);
        }

        if (Backend is not null)
        {
            await Backend.DisposeAsync().ConfigureAwait(false);
        }
    }
}
